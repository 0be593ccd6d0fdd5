/** Values that fit a schema, at random but repeatable: what the round-trip test sends both ways. */
import type { NormalizedSchema } from "@smithy/core/schema";

export type Random = () => number;

/** A small generator with a seed (mulberry32), so that a failure can be seen again. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const texts = ["plain", "with space", "a&b<c>\"d'", "größe 日本 🙂", "x/y+z=%20", "line\nbreak"];
const deepest = 6;

/** A random value of the schema; members that are required are always there. */
export function randomValue(schema: NormalizedSchema, random: Random, depth = 0): unknown {
  if (schema.isUnionSchema()) return randomUnion(schema, random, depth);
  if (schema.isStructSchema()) return randomStructure(schema, random, depth);
  if (schema.isListSchema()) return randomList(schema, random, depth);
  if (schema.isMapSchema()) return randomMap(schema, random, depth);
  return randomSimple(schema, random);
}

function randomStructure(schema: NormalizedSchema, random: Random, depth: number): object {
  const result: Record<string, unknown> = {};
  const requiredCount = (schema.getSchema() as unknown as [number, string, string, unknown, string[], unknown[], number?])[6] ?? 0;
  let index = 0;
  for (const [name, member] of schema.structIterator()) {
    // awsQuery cannot write an empty structure, and a client always shows the status it got.
    const isNeeded = index++ < Math.max(requiredCount, depth > 0 ? 1 : 0) || member.getMergedTraits().httpResponseCode;
    if (isNeeded || random() < (depth > 2 ? 0.3 : 0.8)) result[name] = randomValue(member, random, depth + 1);
  }
  return result;
}

function randomUnion(schema: NormalizedSchema, random: Random, depth: number): object {
  const members = [...schema.structIterator()];
  const [name, member] = members[Math.floor(random() * members.length)]!;
  return { [name]: randomValue(member, random, depth + 1) };
}

function randomList(schema: NormalizedSchema, random: Random, depth: number): unknown[] {
  if (depth > deepest) return [];
  // In a header a comma would part one item into two.
  const isInHeader = schema.getMergedTraits().httpHeader !== undefined;
  return Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) =>
    isInHeader ? `item${index}` : randomValue(schema.getValueSchema(), random, depth + 1),
  );
}

function randomMap(schema: NormalizedSchema, random: Random, depth: number): object {
  const result: Record<string, unknown> = {};
  if (depth > deepest) return result;
  for (const key of ["alpha", "constructor", "key with space"].slice(0, 1 + Math.floor(random() * 3))) {
    result[key] = randomValue(schema.getValueSchema(), random, depth + 1);
  }
  return result;
}

function randomSimple(schema: NormalizedSchema, random: Random): unknown {
  const traits = schema.getMergedTraits();
  if (schema.isBlobSchema()) return Uint8Array.from({ length: 1 + Math.floor(random() * 9) }, () => Math.floor(random() * 256));
  if (schema.isTimestampSchema()) return new Date(Math.floor(1_600_000_000 + random() * 1e8) * 1_000);
  if (schema.isBooleanSchema()) return random() < 0.5;
  if (schema.isNumericSchema()) return traits.httpResponseCode ? 200 : Math.floor(random() * 10_000);
  if (schema.isDocumentSchema()) return { a: [1, "x", null, true] };
  if (traits.httpLabel || traits.httpHeader) return `text-${Math.floor(random() * 1e6)}`;
  return texts[Math.floor(random() * texts.length)];
}
