import { compileRegex } from "./regex.ts";

/** The text is not a filter pattern. */
export class InvalidPattern extends Error {
  constructor(message = "Invalid filter pattern") {
    super(message);
    this.name = "InvalidPattern";
  }
}

/** AWS's page on the syntax: two regular expressions in a pattern. */
const maximumRegexes = 2;

/** Reads a pattern from left to right. */
export class Scanner {
  readonly #text: string;
  #at = 0;
  #regexes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.skipSpace();
    return this.#at === this.#text.length;
  }

  skipSpace(): void {
    this.match(/\s*/y);
  }

  /** Whether `literal` comes next after white space, which is then passed. */
  take(literal: string): boolean {
    this.skipSpace();
    if (!this.#text.startsWith(literal, this.#at)) return false;
    this.#at += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.take(literal)) throw new InvalidPattern();
  }

  /** Whether all of the pattern has been read. */
  expectEnd(): void {
    if (!this.isAtEnd) throw new InvalidPattern();
  }

  /** What a sticky expression finds here, which is then passed. */
  match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** A text in double quotes, without them; `\"` and `\\` are escapes. */
  quoted(): string | undefined {
    this.skipSpace();
    if (this.#text[this.#at] !== '"') return undefined;
    const found = this.match(/"(?:[^"\\]|\\.)*"/sy);
    if (found === undefined) throw new InvalidPattern();
    return found.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
  }

  /** A regular expression between percent signs. */
  regex(): ((text: string) => boolean) | undefined {
    this.skipSpace();
    if (this.#text[this.#at] !== "%") return undefined;
    const found = this.match(/%(?:[^%\\]|\\.)+%/sy);
    if (found === undefined || ++this.#regexes > maximumRegexes) throw new InvalidPattern();
    const test = compileRegex(found.slice(1, -1));
    if (test === undefined) throw new InvalidPattern();
    return test;
  }
}
