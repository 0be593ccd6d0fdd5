// See index.mjs.
export const value = 7;
