/**
 * Clients repeat themselves. What tells one request from the next of its kind is when it was made, its ids, its signature and its body; all else in its
 * head is the same, character by character, so a few comparisons read what otherwise has to be taken apart.
 */
import type { RequestKind } from "./peer.ts";

/** The whole value of a header, or of `authorization` the end. */
const varyingValue = /^[!-~](?:[ -~]*[!-~])?$/;
const varyingSignature = /^[0-9a-f]{64}$/;

/** Headers with other values each time. None of them has a say in where a request goes. */
const varyingHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "x-amz-date",
  "x-amz-content-sha256",
  "content-length",
  "amz-sdk-invocation-id",
  "amz-sdk-request",
  "x-amzn-trace-id",
]);

/** Longer ones are not worth the memory. */
const maximumPatternCharacters = 4_096;

interface Field {
  /** In lower case. */
  name: string;
  /** The whole value, or what of it comes before the part that varies. */
  text: string;
  /** What the part that varies looks like, and what stands in the head between the one before it, or the beginning, and it. */
  varying?: { form: RegExp; before: string };
}

/**
 * Names are the client's, and where nothing is inherited "__proto__" is a name like any other. Objects that are made by a constructor get
 * their layout from those before them, as clients repeat their headers; those of Object.create(null) are hash tables, which take twice as long.
 */
export const Headers = function () {} as unknown as new () => Record<string, string>;
Headers.prototype = Object.create(null);

/** What heads have in common that differ only in the values of those headers. */
export class HeadPattern {
  readonly method: string;
  readonly target: string;
  readonly kind: RequestKind = {};
  readonly #fields: readonly Field[];
  /** From the last value that varies to the end. */
  readonly #rest: string;

  private constructor(method: string, target: string, fields: readonly Field[], rest: string) {
    this.method = method;
    this.target = target;
    this.#fields = fields;
    this.#rest = rest;
  }

  /** Of a head that has been read. Undefined if it is too long to be remembered. */
  static of(head: string, method: string, target: string): HeadPattern | undefined {
    if (head.length > maximumPatternCharacters) return undefined;
    const fields: Field[] = [];
    let from = 0;
    for (const { 0: line, 1: spelled = "", 2: value = "", index } of head.matchAll(/\r\n([^:\r]+): ?([^\r]*)/g)) {
      const name = spelled.toLowerCase();
      const fixed = varyingHeaders.has(name) ? fixedPart(name, value) : undefined;
      if (fixed === undefined) {
        fields.push({ name, text: value });
        continue;
      }
      const end = index + line.length;
      const before = head.slice(from, end - value.length + fixed.length);
      fields.push({ name, text: fixed, varying: { form: name === "authorization" ? varyingSignature : varyingValue, before } });
      from = end;
    }
    return new HeadPattern(method, target, fields, head.slice(from));
  }

  /** The headers of a head of this pattern; undefined if it is of another one. */
  read(head: string): Record<string, string> | undefined {
    const headers = new Headers();
    let at = 0;
    for (const { name, text, varying } of this.#fields) {
      if (varying === undefined) {
        headers[name] = text;
        continue;
      }
      if (!head.startsWith(varying.before, at)) return undefined;
      at += varying.before.length;
      const end = head.indexOf("\r\n", at);
      const value = head.slice(at, end);
      if (!varying.form.test(value)) return undefined;
      headers[name] = text + value;
      at = end;
    }
    return head.length === at + this.#rest.length && head.endsWith(this.#rest) ? headers : undefined;
  }
}

/** Undefined if the value is none that varies in the way expected. */
function fixedPart(name: string, value: string): string | undefined {
  if (name !== "authorization") return varyingValue.test(value) ? "" : undefined;
  const at = value.length - 64;
  return value.endsWith("Signature=", at) && varyingSignature.test(value.slice(at)) ? value.slice(0, at) : undefined;
}
