/**
 * Which member of an input or output travels where in HTTP: label, query string, header, payload or body. Compiled once per
 * schema; the REST protocols share it. https://smithy.io/2.0/spec/http-bindings.html
 */
import type { NormalizedSchema } from "@smithy/core/schema";
import { serialization } from "./json-codec.ts";
import { readTimestamp, writeTimestamp } from "./timestamps.ts";

export interface HttpBindings {
  labels: BoundMember[];
  /** `wireName` is the parameter's name. */
  queries: BoundMember[];
  /** A map that takes every parameter no other member names. */
  queryMap?: BoundMember;
  /** `wireName` is the header's name, lower-case. */
  headers: BoundMember[];
  /** `wireName` is the prefix, lower-case. */
  prefixHeaders?: BoundMember;
  payload?: BoundMember;
  /** Output only: the member that holds the status. */
  statusCode?: BoundMember;
  /** Whether members are left for a body in the protocol's format. */
  hasBodyMembers: boolean;
  eventStream?: string;
}

export interface BoundMember {
  name: string;
  wireName: string;
  schema: NormalizedSchema;
}

const compiled = new WeakMap<NormalizedSchema, HttpBindings>();

export function httpBindings(schema: NormalizedSchema): HttpBindings {
  let bindings = compiled.get(schema);
  if (bindings === undefined) {
    bindings = compile(schema);
    compiled.set(schema, bindings);
  }
  return bindings;
}

function compile(schema: NormalizedSchema): HttpBindings {
  const bindings: HttpBindings = { labels: [], queries: [], headers: [], hasBodyMembers: false };
  if (schema.isUnitSchema()) return bindings;
  const eventStream = schema.getEventStreamMember();
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits() as Record<string, string | number | undefined>;
    const bound = (wireName: string): BoundMember => ({ name, wireName, schema: member });
    if (name === eventStream) bindings.eventStream = name;
    else if (traits.httpLabel) bindings.labels.push(bound(name));
    else if (traits.httpQuery) bindings.queries.push(bound(String(traits.httpQuery)));
    else if (traits.httpQueryParams) bindings.queryMap = bound("");
    else if (traits.httpHeader) bindings.headers.push(bound(String(traits.httpHeader).toLowerCase()));
    else if (traits.httpPrefixHeaders !== undefined) bindings.prefixHeaders = bound(String(traits.httpPrefixHeaders).toLowerCase());
    else if (traits.httpPayload) bindings.payload = bound("");
    else if (traits.httpResponseCode) bindings.statusCode = bound("");
    else bindings.hasBodyMembers = true;
  }
  return bindings;
}

/** A label, query parameter or header → typed value. Throws SerializationException. */
export function readText(schema: NormalizedSchema, text: string): unknown {
  if (schema.isTimestampSchema()) return readTimestamp(text);
  if (schema.isBooleanSchema()) {
    if (text !== "true" && text !== "false") throw serialization(`${text} is not a valid boolean`);
    return text === "true";
  }
  if (schema.isNumericSchema()) {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value)) throw serialization("STRING_VALUE cannot be converted to Integer");
    return value;
  }
  if (schema.isListSchema()) return text.split(",").map((item) => readText(schema.getValueSchema(), item.trim()));
  if (schema.isBlobSchema()) return Buffer.from(text, "base64");
  const { mediaType } = schema.getMergedTraits() as { mediaType?: string };
  return mediaType === "application/json" ? Buffer.from(text, "base64").toString("utf8") : text;
}

/** Typed value → header text. */
export function writeText(schema: NormalizedSchema, value: unknown): string {
  if (schema.isTimestampSchema()) return String(writeTimestamp(schema, value as Date, "http-date"));
  if (schema.isListSchema()) return (value as unknown[]).map((item) => writeText(schema.getValueSchema(), item)).join(", ");
  if (schema.isBlobSchema()) return Buffer.from(value as Uint8Array).toString("base64");
  const { mediaType } = schema.getMergedTraits() as { mediaType?: string };
  return mediaType === "application/json" ? Buffer.from(String(value)).toString("base64") : String(value);
}
