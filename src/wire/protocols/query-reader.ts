/**
 * awsQuery's request side, which the SDK lacks: a form body (`Tags.member.1.Key=a`) → tree → typed value, driven by the schema.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { readTimestamp } from "./timestamps.ts";

interface Branch {
  [name: string]: Branch | string;
}

/** Far above what AWS's own limits on lists allow; they stop hostile forms. */
const maximumFields = 20_000;
const maximumDepth = 32;

/** Splits a form into its tree. Throws MalformedInput. */
export function parseForm(body: string): Branch {
  const root: Branch = Object.create(null) as Branch;
  let fieldCount = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    if (++fieldCount > maximumFields) throw new AwsError("MalformedInput", "Too many parameters");
    const path = name.split(".");
    if (path.length > maximumDepth) throw new AwsError("MalformedInput", "Parameter name is nested too deeply");
    let branch = root;
    for (const step of path.slice(0, -1)) {
      const next = branch[step];
      branch = typeof next === "object" ? next : (branch[step] = Object.create(null) as Branch);
    }
    branch[path.at(-1)!] = value;
  }
  return root;
}

/** A branch of the form → typed value; undefined when the form does not name it. */
export function readForm(schema: NormalizedSchema, node: Branch | string | undefined): unknown {
  if (node === undefined) return undefined;
  if (schema.isStructSchema()) return readStructure(schema, node);
  if (schema.isListSchema()) return readList(schema, node);
  if (schema.isMapSchema()) return readMap(schema, node);
  if (typeof node !== "string") throw new AwsError("MalformedInput", `Unexpected complex value at ${schema.getMemberName()}`);
  return readSimple(schema, node);
}

function readStructure(schema: NormalizedSchema, node: Branch | string): object {
  const result: Record<string, unknown> = {};
  if (typeof node === "string") return result;
  for (const [name, member] of schema.structIterator()) {
    const value = readForm(member, node[xmlName(member) ?? name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function readList(schema: NormalizedSchema, node: Branch | string): unknown[] {
  // An empty list arrives as `Tags=`.
  if (typeof node === "string") return [];
  const item = schema.getValueSchema();
  const items = schema.getMergedTraits().xmlFlattened ? node : node[xmlName(item) ?? "member"];
  return inOrder(items).map((each) => readForm(item, each));
}

function readMap(schema: NormalizedSchema, node: Branch | string): object {
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (typeof node === "string") return result;
  const keyName = xmlName(schema.getKeySchema()) ?? "key";
  const value = schema.getValueSchema();
  const valueName = xmlName(value) ?? "value";
  for (const entry of inOrder(schema.getMergedTraits().xmlFlattened ? node : node.entry)) {
    if (typeof entry === "string" || typeof entry[keyName] !== "string") throw new AwsError("MalformedInput", "Map entry without a key");
    result[entry[keyName]] = readForm(value, entry[valueName]);
  }
  return result;
}

/** The values under 1, 2, 3 …, gaps ignored. */
function inOrder(node: Branch | string | undefined): Array<Branch | string> {
  if (typeof node !== "object") return [];
  return Object.keys(node)
    .filter((key) => /^\d{1,9}$/.test(key))
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => node[key]!);
}

function readSimple(schema: NormalizedSchema, text: string): unknown {
  if (schema.isTimestampSchema()) return readTimestamp(text);
  if (schema.isBlobSchema()) return Buffer.from(text, "base64");
  if (schema.isBooleanSchema()) {
    if (text !== "true" && text !== "false") throw new AwsError("MalformedInput", `${text} is not a valid boolean`);
    return text === "true";
  }
  if (schema.isNumericSchema()) {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value)) throw new AwsError("MalformedInput", `${text} is not a valid number`);
    return value;
  }
  return text;
}

const xmlName = (member: NormalizedSchema): string | undefined => member.getMergedTraits().xmlName;
