/**
 * The pattern language that filters events: of rules on event buses, of pipes, and of event sources. A pattern is JSON of the events'
 * own shape, whose leaves are lists of what a value may be. One implementation serves the whole product; what a list may hold is in
 * value-tests.ts. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
import { InvalidEventPattern } from "./invalid-event-pattern.ts";
import { compileAlternatives, itemsOf, leavesOf } from "./value-tests.ts";

export interface EventPattern {
  /** Whether an event, as JSON.parse gives it, fits. */
  matches(event: unknown): boolean;
}

/** Takes the JSON of a pattern. Throws `InvalidEventPattern`, which says what is wrong with it. */
export function parseEventPattern(text: string): EventPattern {
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch {
    throw new InvalidEventPattern("Event pattern is not JSON");
  }
  if (!isObject(definition)) throw new InvalidEventPattern("Filter is not an object");
  const fits = compileObject(definition);
  return { matches: (event) => objectsIn(event).some(fits) };
}

type Fields = Readonly<Record<string, unknown>>;
type Test = (fields: Fields) => boolean;

/** All fields must fit, and within a list of objects they must do so in one and the same object. */
function compileObject(definition: Fields): Test {
  const tests = Object.entries(definition).map(([name, value]) => (name === "$or" ? compileOr(value) : compileField(name, value)));
  if (tests.length === 0) throw new InvalidEventPattern("Empty objects are not allowed");
  return (fields) => tests.every((test) => test(fields));
}

function compileField(name: string, value: unknown): Test {
  const read = (fields: Fields): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  if (Array.isArray(value)) {
    const accepts = compileAlternatives(value);
    return (fields) => accepts(leavesOf(read(fields)));
  }
  if (!isObject(value)) throw new InvalidEventPattern(`"${name}" must be an object or an array`);
  const fits = compileObject(value);
  return (fields) => objectsIn(read(fields)).some(fits);
}

function compileOr(value: unknown): Test {
  if (!Array.isArray(value) || value.length < 2) throw new InvalidEventPattern("There must have at least 2 Objects in $or relationship");
  const tests = value.map((definition: unknown) => {
    if (!isObject(definition)) throw new InvalidEventPattern("Only objects are allowed in array of $or relationship");
    return compileObject(definition);
  });
  return (fields) => tests.some((test) => test(fields));
}

/** Lists are looked through, however deep. Where there is no object, an empty one lets `exists: false` hold. */
function objectsIn(value: unknown): Fields[] {
  const objects = itemsOf(value).filter(isObject);
  return objects.length > 0 ? objects : [{}];
}

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
