/**
 * JSON ↔ typed values, compiled once per schema. The SDK's own reader trusts its input (`"Timeout": "abc"` passes); ours is the
 * first line against hostile ones, so it checks every type, in the words of AWS's front end.
 * Typed values are what the SDK's users see: blobs Uint8Array, timestamps Date, maps without a prototype.
 */
import { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { readTimestamp, writeTimestamp } from "./timestamps.ts";

type Convert = (value: unknown) => unknown;

interface Codec {
  read: Convert;
  write: Convert;
}

export interface JsonCodec {
  /** A parsed JSON value → typed value. Throws SerializationException. */
  read(schema: NormalizedSchema, value: unknown): unknown;
  /** A typed value → what JSON.stringify takes. */
  write(schema: NormalizedSchema, value: unknown): unknown;
}

/** `usesJsonName`: restJson1 honours the jsonName trait, awsJson does not. */
export function createJsonCodec({ usesJsonName }: { usesJsonName: boolean }): JsonCodec {
  const compiled = new WeakMap<object, Codec>();
  const codecOf: CodecOf = (schema) => {
    let codec = compiled.get(schema);
    if (codec === undefined) {
      codec = compile(schema, codecOf, usesJsonName);
      compiled.set(schema, codec);
    }
    return codec;
  };
  return {
    read: (schema, value) => {
      try {
        return codecOf(schema).read(value);
      } catch (error) {
        // Some schemas are recursive: a hostile document may nest deeper than the stack is.
        throw error instanceof RangeError ? serialization("Nesting is too deep") : error;
      }
    },
    write: (schema, value) => codecOf(schema).write(value),
  };
}

type CodecOf = (schema: NormalizedSchema) => Codec;

function compile(schema: NormalizedSchema, codecOf: CodecOf, usesJsonName: boolean): Codec {
  if (schema.isStructSchema()) return structureCodec(schema, codecOf, usesJsonName);
  if (schema.isListSchema()) return listCodec(schema, codecOf);
  if (schema.isMapSchema()) return mapCodec(schema, codecOf);
  return simpleCodec(schema);
}

function structureCodec(schema: NormalizedSchema, codecOf: CodecOf, usesJsonName: boolean): Codec {
  // Members are looked at when first needed: a structure may contain itself.
  const members = lazy(() =>
    [...schema.structIterator()].map(([name, member]) => {
      const wireName = (usesJsonName ? member.getMergedTraits().jsonName : undefined) ?? name;
      return { name, wireName, codec: codecOf(member) };
    }),
  );
  return {
    read: (value) => {
      const source = expectObject(value);
      const result: Record<string, unknown> = {};
      for (const { name, wireName, codec } of members()) {
        const own = Object.hasOwn(source, wireName) ? source[wireName] : undefined;
        if (own !== undefined && own !== null) result[name] = codec.read(own);
      }
      return result;
    },
    write: (value) => {
      const source = value as Record<string, unknown>;
      const result: Record<string, unknown> = {};
      for (const { name, wireName, codec } of members()) {
        const own = source[name];
        if (own !== undefined && own !== null) result[wireName] = codec.write(own);
      }
      return result;
    },
  };
}

function listCodec(schema: NormalizedSchema, codecOf: CodecOf): Codec {
  const item = lazy(() => codecOf(schema.getValueSchema()));
  return {
    read: (value) => {
      if (!Array.isArray(value)) throw mismatch(value, "list");
      const { read } = item();
      return value.map((each) => (each === null ? null : read(each)));
    },
    write: (value) => {
      const { write } = item();
      return (value as unknown[]).map((each) => (each === null ? null : write(each)));
    },
  };
}

function mapCodec(schema: NormalizedSchema, codecOf: CodecOf): Codec {
  const item = lazy(() => codecOf(schema.getValueSchema()));
  return {
    read: (value) => convertMap(expectObject(value), item().read),
    write: (value) => convertMap(value as object, item().write),
  };
}

function convertMap(source: object, convert: Convert): object {
  // Keys are the client's: without a prototype, "__proto__" is a key like any other.
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, each] of Object.entries(source)) if (each !== undefined) result[key] = each === null ? null : convert(each);
  return result;
}

function simpleCodec(schema: NormalizedSchema): Codec {
  if (schema.isBlobSchema()) return { read: readBlob, write: (value) => Buffer.from(value as Uint8Array).toString("base64") };
  if (schema.isTimestampSchema()) {
    return {
      read: (value) => {
        if (typeof value !== "number" && typeof value !== "string") throw mismatch(value, "Timestamp");
        return readTimestamp(value);
      },
      write: (value) => writeTimestamp(schema, value as Date, "epoch-seconds"),
    };
  }
  if (schema.isBooleanSchema()) return checked("boolean", "Boolean");
  if (schema.isBigIntegerSchema())
    return { read: (value) => BigInt(expect(value, "number", "Integer") as number), write: (value) => Number(value) };
  if (schema.isNumericSchema()) return checked("number", "Integer");
  if (schema.isStringSchema()) return checked("string", "String");
  return { read: (value) => value, write: (value) => value };
}

const checked = (type: "string" | "number" | "boolean", javaType: string): Codec => ({
  read: (value) => expect(value, type, javaType),
  write: (value) => value,
});

function expect(value: unknown, type: "string" | "number" | "boolean", javaType: string): unknown {
  if (typeof value !== type) throw mismatch(value, javaType);
  return value;
}

function expectObject(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw mismatch(value, "structure or map");
  return value as Record<string, unknown>;
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

function readBlob(value: unknown): Uint8Array {
  const text = expect(value, "string", "Blob") as string;
  if (text.length % 4 !== 0 || !base64.test(text)) throw serialization("Invalid base64");
  return Buffer.from(text, "base64");
}

/** AWS's front end names the token it met and the type it wanted. */
function mismatch(value: unknown, wanted: string): AwsError {
  if (Array.isArray(value)) return serialization("Start of list found where not expected");
  if (value !== null && typeof value === "object") return serialization("Start of structure or map found where not expected.");
  const token =
    value === true
      ? "TRUE_VALUE"
      : value === false
        ? "FALSE_VALUE"
        : value === null
          ? "NULL_VALUE"
          : typeof value === "number"
            ? "NUMBER_VALUE"
            : "STRING_VALUE";
  return serialization(
    wanted === "list" || wanted === "structure or map" ? "Unexpected field type" : `${token} cannot be converted to ${wanted}`,
  );
}

export const serialization = (message: string): AwsError => new AwsError("SerializationException", message);

/** Parses a JSON body that must be an object; an empty body is `{}`. */
export function parseJsonObject(body: Buffer): object {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw serialization("Could not parse request body into json");
  }
  return expectObject(value);
}

function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
