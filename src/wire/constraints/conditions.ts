import { compilePattern } from "./pattern.ts";
import { javaNumber } from "./java-text.ts";
import type { Bounds, ListShape, MapShape, NumberShape, ServiceConstraints, StringShape } from "./constraints.ts";

/** One demand on a value that is not null. */
export interface Condition {
  /** What AWS says of a value that fails: `Member must have length less than or equal to 64`. */
  text: string;
  holds(value: never): boolean;
}

export const notNull = "Member must not be null";

/**
 * Where the model bounds no length, longer values fail the pattern unread: V8 throws on a group repeated millions of times. AWS takes
 * nothing as long in such places (environment variables, session policies).
 */
const longestMatchable = 262_144;

/**
 * The demands of a shape in AWS's order: maximum, minimum, pattern, enum, then those on items. AWS tells of a bad item once for the
 * whole list or map, with all the demands on items. Structures within have members of their own, which are not demands on the item.
 */
export function conditionsOf(constraints: ServiceConstraints, shapeName: string): Condition[] {
  const shape = constraints.shapes[shapeName]!;
  switch (shape.kind) {
    case "string":
      return stringConditions(shape);
    case "list":
      return [...boundConditions(shape, "length", (list: unknown[]) => list.length), ...itemConditions(constraints, shape)];
    case "map":
      return [...boundConditions(shape, "length", (map: object) => Object.keys(map).length), ...entryConditions(constraints, shape)];
    case "blob":
      return boundConditions(shape, "length", (blob: Uint8Array) => blob.length);
    case "structure":
    case "boolean":
    case "timestamp":
      return [];
    default:
      return [...valueConditions(shape), ...(shape.kind === "integer" || shape.kind === "long" ? [wholeNumber] : [])];
  }
}

function boundConditions<T>(
  { min, max }: Bounds,
  what: "length" | "value",
  measure: (value: T) => number,
  show: (bound: number) => string = String,
): Condition[] {
  const conditions: Condition[] = [];
  if (max !== undefined) {
    conditions.push({ text: `Member must have ${what} less than or equal to ${show(max)}`, holds: (value: T) => measure(value) <= max });
  }
  if (min !== undefined) {
    conditions.push({ text: `Member must have ${what} greater than or equal to ${show(min)}`, holds: (value: T) => measure(value) >= min });
  }
  return conditions;
}

const valueConditions = (shape: NumberShape): Condition[] =>
  boundConditions(
    shape,
    "value",
    (number: number) => number,
    (bound: number) => javaNumber(shape, bound),
  );

/** DIVERGES: AWS's front end refuses these; the SDK's schemas, by which ours reads, do not tell whole numbers from others. */
const wholeNumber: Condition = { text: "Member must be a whole number", holds: Number.isInteger };

function stringConditions(shape: StringShape): Condition[] {
  const conditions = boundConditions(shape, "length", (text: string) => text.length);
  if (shape.pattern !== undefined) conditions.push(patternCondition(shape.pattern, shape.max));
  if (shape.enum !== undefined) {
    const allowed = new Set(shape.enum);
    conditions.push({
      text: `Member must satisfy enum value set: [${(shape.printed ?? shape.enum).join(", ")}]`,
      holds: (value: string) => allowed.has(value),
    });
  }
  return conditions;
}

/** A value over its maximum is refused already: hostile lengths never reach the pattern. */
function patternCondition(pattern: string, max: number | undefined): Condition {
  const regex = compilePattern(pattern);
  const longest = max ?? longestMatchable;
  const passesUnread = max !== undefined;
  return {
    text: `Member must satisfy regular expression pattern: ${pattern}`,
    holds: (value: string) => (value.length <= longest ? regex.test(value) : passesUnread),
  };
}

function itemConditions(constraints: ServiceConstraints, { item, sparse, bare }: ListShape): Condition[] {
  const conditions = conditionsOf(constraints, item);
  if (!bare) return everyItem("Member must satisfy constraint", conditions, sparse === true, (list: unknown[]) => list);
  return conditions.map(({ text, holds }) => ({
    text,
    holds: (list: unknown[]) => list.every((each) => !isNull(each) && holds(each as never)),
  }));
}

function entryConditions(constraints: ServiceConstraints, { key, value }: MapShape): Condition[] {
  return [
    ...everyItem("Map keys must satisfy constraint", conditionsOf(constraints, key), true, Object.keys),
    ...everyItem("Map value must satisfy constraint", conditionsOf(constraints, value), false, Object.values),
  ];
}

/** One condition for all the items. Its text lists every demand on them, not only those that failed. */
function everyItem<T>(text: string, conditions: readonly Condition[], allowsNull: boolean, itemsOf: (value: T) => unknown[]): Condition[] {
  const demands = conditions.map((condition) => condition.text);
  if (!allowsNull) demands.push(notNull);
  if (demands.length === 0) return [];
  const passes = (item: unknown): boolean => (isNull(item) ? allowsNull : conditions.every(({ holds }) => holds(item as never)));
  return [{ text: `${text}: [${demands.join(", ")}]`, holds: (value: T) => itemsOf(value).every(passes) }];
}

export const isNull = (value: unknown): value is null | undefined => value === undefined || value === null;
