import { AwsError } from "#wire/errors.ts";

export type Token =
  | { kind: "word"; text: string }
  | { kind: "text"; text: string }
  | { kind: "number"; value: number }
  | { kind: "sign"; text: string }
  | { kind: "end" };

const pattern = /\s*(?:(?<text>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w.]*)|(?<sign>!=|<=|>=|[=<>!(){}[\],:]))/y;

/** Throws InvalidRequestException for what is no token. */
export function scan(expression: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  const end = expression.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const { text, number, word, sign } = pattern.exec(expression)?.groups ?? {};
    if (text !== undefined) tokens.push({ kind: "text", text: text.slice(1, -1).replaceAll(/\\(.)/g, "$1") });
    else if (number !== undefined) tokens.push({ kind: "number", value: Number(number) });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else throw invalidFilter(`there is nothing to be made of "${expression.slice(at, at + 20).trim()}"`);
  }
  return [...tokens, { kind: "end" }];
}

export const invalidFilter = (reason: string): AwsError =>
  new AwsError("InvalidRequestException", `The filter expression is not valid: ${reason}.`);
