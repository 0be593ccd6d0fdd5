/**
 * What may stand in the list at a pattern's leaf: plain values and `{ "operator": operand }`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
import { InvalidEventPattern } from "./invalid-event-pattern.ts";
import { compileCidr } from "./cidr.ts";
import { compileNumeric } from "./numeric.ts";
import { compileWildcard } from "./wildcard.ts";

export type Leaf = string | number | boolean | null;
export type ValueTest = (value: Leaf) => boolean;

/** Takes the leaves at a field, none if it is absent. */
export type LeavesTest = (leaves: readonly Leaf[]) => boolean;

/** The values at a field: those of a list one by one, however deep; objects are none. */
export const leavesOf = (value: unknown): Leaf[] => itemsOf(value).filter(isLeaf);

/** What is in a list and the lists within, in no order; any other value is its own only item. No recursion: events may be nested deep. */
export function itemsOf(value: unknown): unknown[] {
  const items: unknown[] = [];
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (!Array.isArray(next)) items.push(next);
    else for (const item of next) left.push(item);
  }
  return items;
}

/** One of the values at a field must be one of those listed. */
export function compileAlternatives(list: readonly unknown[]): LeavesTest {
  if (list.length === 0) throw new InvalidEventPattern("Empty arrays are not allowed");
  const tests = list.map(compileAlternative);
  return (leaves) => tests.some((test) => test(leaves));
}

function compileAlternative(item: unknown): LeavesTest {
  if (isLeaf(item)) return (leaves) => leaves.includes(item);
  const [operator, operand] = operatorOf(item);
  if (operator === "exists") {
    if (typeof operand !== "boolean") throw new InvalidEventPattern("exists match pattern must be either true or false.");
    return (leaves) => leaves.length > 0 === operand;
  }
  const test = compileOperator(operator, operand);
  return (leaves) => leaves.some(test);
}

function operatorOf(item: unknown): [operator: string, operand: unknown] {
  const entries = typeof item === "object" && item !== null && !Array.isArray(item) ? Object.entries(item) : [];
  if (entries.length !== 1) throw new InvalidEventPattern("Only one key allowed in match expression");
  return entries[0]!;
}

function compileOperator(operator: string, operand: unknown): ValueTest {
  switch (operator) {
    case "prefix":
    case "suffix":
      return compileAffix(operator, operand);
    case "equals-ignore-case":
    case "wildcard":
      return compileText(operator, operand);
    case "anything-but":
      return compileAnythingBut(operand);
    case "numeric":
      return onNumbers(compileNumeric(operand));
    case "cidr":
      return onTexts(compileCidr(text(operator, operand)));
    default:
      throw new InvalidEventPattern(`Unrecognized match type ${operator}`);
  }
}

/** The operand of prefix and suffix is a text, or `{ "equals-ignore-case": text }`. */
function compileAffix(operator: "prefix" | "suffix", operand: unknown): ValueTest {
  if (typeof operand !== "object" || operand === null) return compileText(operator, operand);
  const [inner, innerOperand] = operatorOf(operand);
  if (inner !== "equals-ignore-case") throw new InvalidEventPattern(`Unsupported ${operator} pattern: ${inner}`);
  const affix = text(operator, innerOperand).toLowerCase();
  return onTexts(operator === "prefix" ? (value) => value.toLowerCase().startsWith(affix) : (value) => value.toLowerCase().endsWith(affix));
}

type TextOperator = "prefix" | "suffix" | "equals-ignore-case" | "wildcard";

function compileText(operator: TextOperator, operand: unknown): ValueTest {
  const wanted = text(operator, operand);
  switch (operator) {
    case "prefix":
      return onTexts((value) => value.startsWith(wanted));
    case "suffix":
      return onTexts((value) => value.endsWith(wanted));
    case "equals-ignore-case": {
      const folded = wanted.toLowerCase();
      return onTexts((value) => value.toLowerCase() === folded);
    }
    case "wildcard":
      return onTexts(compileWildcard(wanted));
  }
}

const textOperators: ReadonlySet<string> = new Set<TextOperator>(["prefix", "suffix", "equals-ignore-case", "wildcard"]);

/** All but a text or number, all but those of a list, all but what one of the text operators finds (which takes a list here as well). */
function compileAnythingBut(operand: unknown): ValueTest {
  if (typeof operand === "object" && operand !== null && !Array.isArray(operand)) {
    const [operator, unwanted] = operatorOf(operand);
    if (!textOperators.has(operator)) throw new InvalidEventPattern(`Unsupported anything-but pattern: ${operator}`);
    const tests = nonEmptyList(unwanted).map((each) => compileText(operator as TextOperator, each));
    return (value) => !tests.some((test) => test(value));
  }
  const unwanted = nonEmptyList(operand);
  const types = new Set(unwanted.map((each) => typeof each));
  if (types.size > 1 || !(types.has("string") || types.has("number"))) {
    throw new InvalidEventPattern("Inside anything but list, either all values are number or string, mixed type is not supported");
  }
  return (value) => !unwanted.includes(value);
}

function nonEmptyList(operand: unknown): unknown[] {
  const list: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new InvalidEventPattern("Empty arrays are not allowed");
  return list;
}

function text(operator: string, operand: unknown): string {
  if (typeof operand !== "string") throw new InvalidEventPattern(`${operator} match pattern must be a string`);
  return operand;
}

const onTexts =
  (test: (value: string) => boolean): ValueTest =>
  (value) =>
    typeof value === "string" && test(value);

const onNumbers =
  (test: (value: number) => boolean): ValueTest =>
  (value) =>
    typeof value === "number" && test(value);

const isLeaf = (value: unknown): value is Leaf => value === null || ["string", "number", "boolean"].includes(typeof value);
