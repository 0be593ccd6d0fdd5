/** https://www.w3.org/TR/REC-xml/#charsets: what a body and a text attribute may consist of. A lone surrogate is no character either. */
const refused = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export const isPlainText = (text: string): boolean => !refused.test(text);
