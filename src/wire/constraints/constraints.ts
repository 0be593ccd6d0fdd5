/**
 * What a service's model demands of its requests: required members, lengths, ranges, patterns, enums. The SDK's schemas carry none of
 * it, so `npm run generate` takes it from botocore's models into one JSON file per service beside this one: never edit those.
 * `validate.ts` checks requests against it and speaks AWS's words.
 */
import { readFile } from "node:fs/promises";

export interface ServiceConstraints {
  /** Every operation of the model → name of its input's shape; null when it takes no input. */
  operations: Readonly<Record<string, string | null>>;
  /** Every shape that an input reaches. */
  shapes: Readonly<Record<string, Shape>>;
  /** The service never repeats a value in its messages. */
  hidesValues?: true;
}

export type Shape = StructureShape | ListShape | MapShape | StringShape | NumberShape | BlobShape | FreeShape;

interface AnyShape {
  /** Values must not appear in messages. */
  sensitive?: true;
}

export interface StructureShape extends AnyShape {
  kind: "structure";
  /** Name of a member → name of its shape, in the model's order. */
  members: Readonly<Record<string, string>>;
  required?: readonly string[];
}

/** Of lists and maps `min` and `max` bound the number of items, of strings UTF-16 units as in Java, of blobs bytes, of numbers the value. */
export interface Bounds extends AnyShape {
  min?: number;
  max?: number;
}

export interface ListShape extends Bounds {
  kind: "list";
  item: string;
  /** Items may be null. */
  sparse?: true;
  /** AWS reports what is wrong with an item as if it were wrong with the list. */
  bare?: true;
}

export interface MapShape extends Bounds {
  kind: "map";
  key: string;
  value: string;
}

export interface StringShape extends Bounds {
  kind: "string";
  /** A Java regular expression for the whole value. */
  pattern?: string;
  enum?: readonly string[];
  /** The enum as AWS's messages print it, if they print it in another order, or only a part of it. */
  printed?: readonly string[];
}

export interface NumberShape extends Bounds {
  kind: "integer" | "long" | "float" | "double";
}

export interface BlobShape extends Bounds {
  kind: "blob";
}

export interface FreeShape extends AnyShape {
  kind: "boolean" | "timestamp";
}

/** Reads the constraints of one service, named as its folder: `lambda`. Callers keep the result: checkers are compiled once for each. */
export async function loadConstraints(name: string): Promise<ServiceConstraints> {
  return JSON.parse(await readFile(new URL(`${name}.json`, import.meta.url), "utf8")) as ServiceConstraints;
}
