import { InvalidPattern, type Scanner } from "./scanner.ts";

const operators = ["!=", "<=", ">=", "=", "<", ">"] as const;
type Operator = (typeof operators)[number];

/** The operator that comes next, if one does. */
export const parseOperator = (scanner: Scanner): Operator | undefined => operators.find((operator) => scanner.take(operator));

/** What follows an operator: a number, a text with `*` for anything, or a regular expression. The test takes a field as text. */
export function parseOperand(scanner: Scanner, operator: Operator): (field: string) => boolean {
  const isOrder = operator !== "=" && operator !== "!=";
  const regex = scanner.regex();
  const quoted = regex ? undefined : scanner.quoted();
  const text = quoted ?? (regex ? "" : scanner.match(/(?:(?!&&|\|\|)[^\s,()\]}"])+/y));
  if (text === undefined) throw new InvalidPattern();
  if (isOrder) {
    const limit = numberOf(text);
    if (regex || quoted !== undefined || limit === undefined) throw new InvalidPattern();
    return orderTest(operator, limit);
  }
  const equals = regex ?? equalityTest(text, quoted === undefined);
  return operator === "=" ? equals : (field) => !equals(field);
}

function orderTest(operator: Operator, limit: number): (field: string) => boolean {
  const compare: (value: number) => boolean = {
    "<": (value: number) => value < limit,
    "<=": (value: number) => value <= limit,
    ">": (value: number) => value > limit,
    ">=": (value: number) => value >= limit,
  }[operator as "<" | "<=" | ">" | ">="];
  return (field) => {
    const value = numberOf(field);
    return value !== undefined && compare(value);
  };
}

function equalityTest(text: string, mayBeNumber: boolean): (field: string) => boolean {
  const number = mayBeNumber ? numberOf(text) : undefined;
  if (number !== undefined) return (field) => numberOf(field) === number;
  const pieces = text.split("*");
  return pieces.length === 1 ? (field) => field === text : (field) => matchesPieces(field, pieces);
}

/** Whether `field` is the pieces in their order, with anything between them. */
function matchesPieces(field: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (field.length < first.length + last.length || !field.startsWith(first) || !field.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = field.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return at + last.length <= field.length;
}

const numberOf = (text: string): number | undefined =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
