import { InvalidEventPattern } from "./invalid-event-pattern.ts";

type Comparison = (value: number, bound: number) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching */
const largestBound = 5e9;

/** `["=", 3]`, `[">", 0]`, `[">", 0, "<=", 5]`: one comparison, or a range from its bottom to its top. */
export function compileNumeric(operand: unknown): (value: number) => boolean {
  if (!Array.isArray(operand) || operand.length === 0) throw new InvalidEventPattern("Value of numeric must be an array.");
  const [first, bottom, second, top, ...rest] = operand as unknown[];
  const isFirst = compileComparison(first, bottom);
  if (operand.length === 2) return isFirst;
  if (!isOneOf(first, [">", ">="]) || !isOneOf(second, ["<", "<="]) || rest.length > 0) throw new InvalidEventPattern("Bad numeric range");
  const isSecond = compileComparison(second, top);
  if ((bottom as number) >= (top as number)) throw new InvalidEventPattern("Bottom must be less than top");
  return (value) => isFirst(value) && isSecond(value);
}

function compileComparison(operator: unknown, bound: unknown): (value: number) => boolean {
  const compare = typeof operator === "string" && Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
  if (compare === undefined) throw new InvalidEventPattern(`Unrecognized numeric range operator: ${String(operator)}`);
  if (typeof bound !== "number") throw new InvalidEventPattern(`Value of ${String(operator)} must be numeric`);
  if (Math.abs(bound) > largestBound) throw new InvalidEventPattern("Value must be between -5.0E9 and 5.0E9, inclusive");
  return (value) => compare(value, bound);
}

const isOneOf = (operator: unknown, allowed: readonly string[]): boolean => allowed.includes(operator as string);
