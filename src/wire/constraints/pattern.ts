/** Java names some ASCII classes that JavaScript does not know. */
const asciiClasses: Readonly<Record<string, string>> = { "\\p{Print}": "[\\x20-\\x7E]" };

/**
 * A model's pattern (Java's dialect, for the whole value) as a RegExp. `\p{L}` means a class of characters only under the flag `u`,
 * which in turn forbids needless escapes such as `\_`: so the flag is set only where the pattern asks for it.
 */
export function compilePattern(pattern: string): RegExp {
  const source = `^(?:${pattern.replaceAll(/\\p\{\w+\}/g, (name) => asciiClasses[name] ?? name)})$`;
  return new RegExp(source, /\\p\{/i.test(source) ? "u" : "");
}
