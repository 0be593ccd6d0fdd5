/**
 * Filter policies: the product's one pattern language over a message's attributes or its body.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
import { type EventPattern, parseEventPattern } from "#kit/event-pattern/event-pattern.ts";
import { InvalidEventPattern } from "#kit/event-pattern/invalid-event-pattern.ts";
import { BoundedCache } from "#wire/auth/bounded-cache.ts";
import { invalidParameter } from "./errors.ts";
import { filterPolicy as limits } from "./limits.ts";
import type { MessageAttribute } from "./message.ts";

export type FilterScope = "MessageAttributes" | "MessageBody";

/** Refuses a policy that is none. `front` is what the refusal begins with: `Attributes Reason: ` in a Subscribe. */
export function checkFilterPolicy(text: string, scope: FilterScope, front: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter(`${front}FilterPolicy: failed to parse JSON.`);
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy))
    throw invalidParameter(`${front}FilterPolicy: failed to parse JSON.`);
  if (Object.keys(policy).length === 0) return;
  const { keys, combinations, isNested } = measure(policy as Fields, 1);
  if (isNested && scope === "MessageAttributes")
    throw invalidParameter("Filter policy scope MessageAttributes does not support nested filter policy");
  if (keys > limits.keys) throw invalidParameter(`${front}FilterPolicy: Filter policy can not have more than ${limits.keys} keys`);
  if (combinations > limits.combinations) throw invalidParameter(`${front}FilterPolicy: Filter policy is too complex`);
  try {
    parseEventPattern(text);
  } catch (error) {
    // DIVERGES: AWS adds where in the text it stopped reading.
    throw error instanceof InvalidEventPattern ? invalidParameter(`${front}FilterPolicy: ${error.message}`) : error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

interface Measure {
  keys: number;
  /** The product of what each key's list may be, each weighed by its depth. */
  combinations: number;
  isNested: boolean;
}

function measure(fields: Fields, depth: number): Measure {
  const sum: Measure = { keys: 0, combinations: 1, isNested: false };
  for (const [name, value] of Object.entries(fields)) {
    if (name === "$or" && Array.isArray(value)) {
      const parts = value.filter(isFields).map((part) => measure(part, depth));
      sum.keys += parts.reduce((total, part) => total + part.keys, 0);
      sum.combinations *= parts.reduce((total, part) => total + part.combinations, 0);
      sum.isNested ||= parts.some((part) => part.isNested);
    } else if (Array.isArray(value)) {
      sum.keys += 1;
      sum.combinations *= value.length * depth;
    } else if (isFields(value)) {
      const part = measure(value, depth + 1);
      sum.keys += part.keys;
      sum.combinations *= part.combinations;
      // `{"key": {"suffix": "x"}}` is a list forgotten, which the pattern's own refusal says better.
      sum.isNested ||= Object.values(value).some((item) => typeof item === "object");
    } else sum.keys += 1;
  }
  return sum;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Patterns are compiled once; one publish may pass thousands of subscriptions. */
export class FilterPolicies {
  readonly #patterns = new BoundedCache<EventPattern>(1_000);

  accepts(policy: string | undefined, scope: FilterScope, message: { body: string; attributes: readonly MessageAttribute[] }): boolean {
    if (policy === undefined) return true;
    const pattern = this.#pattern(policy, scope);
    if (scope === "MessageAttributes") return pattern.matches(fieldsOf(message.attributes));
    try {
      const body: unknown = JSON.parse(message.body);
      return isFields(body) && pattern.matches(body);
    } catch {
      return false;
    }
  }

  #pattern(policy: string, scope: FilterScope): EventPattern {
    const key = `${scope} ${policy}`;
    let pattern = this.#patterns.get(key);
    if (pattern === undefined) {
      const definition = JSON.parse(policy) as Fields;
      const isEmpty = Object.keys(definition).length === 0;
      pattern = isEmpty ? acceptAll : parseEventPattern(scope === "MessageAttributes" ? JSON.stringify(absentForNull(definition)) : policy);
      this.#patterns.set(key, pattern);
    }
    return pattern;
  }
}

const acceptAll: EventPattern = { matches: () => true };

/** No attribute has the value null, so a policy that lists it means an attribute that is not there. */
function absentForNull(fields: Fields): Fields {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => {
    if (!Array.isArray(value)) return [name, value];
    if (name === "$or") return [name, value.map((part: unknown) => (isFields(part) ? absentForNull(part) : part))];
    return [name, value.includes(null) ? [...(value as unknown[]), { exists: false }] : value];
  });
  return Object.fromEntries(entries);
}

/** Attributes as fields: numbers as numbers, lists as lists. Of binary ones only the presence counts. */
function fieldsOf(attributes: readonly MessageAttribute[]): Fields {
  return Object.fromEntries(attributes.map(({ name, type, value }) => [name, valueOf(type, value)]));
}

function valueOf(type: string, value: string): unknown {
  if (type === "Number" || type.startsWith("Number.")) return Number(value);
  if (type !== "String.Array") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
