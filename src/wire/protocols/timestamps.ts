import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";

/** Smithy's three forms: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

const numbered: Readonly<Record<number, TimestampFormat>> = { 5: "date-time", 6: "http-date", 7: "epoch-seconds" };

/** The member's own format wins; else the protocol's for this place. */
export function timestampFormat(schema: NormalizedSchema, otherwise: TimestampFormat): TimestampFormat {
  const { timestampFormat: trait } = schema.getMergedTraits() as { timestampFormat?: number | [number] };
  const own = Array.isArray(trait) ? trait[0] : trait;
  return numbered[own ?? -1] ?? numbered[schema.getSchema() as unknown as number] ?? otherwise;
}

export function writeTimestamp(schema: NormalizedSchema, value: Date, otherwise: TimestampFormat): string | number {
  const format = timestampFormat(schema, otherwise);
  if (format === "epoch-seconds") return value.getTime() / 1000;
  if (format === "http-date") return value.toUTCString();
  return value.toISOString().replace(/\.000Z$/, "Z");
}

/** Clients mix the forms up, so each is understood everywhere. Throws SerializationException. */
export function readTimestamp(value: string | number): Date {
  const isNumeric = typeof value === "number" || /^-?\d+(\.\d+)?(e\d+)?$/i.test(value);
  const date = isNumeric ? new Date(Math.round(Number(value) * 1000)) : new Date(value);
  if (Number.isNaN(date.getTime())) throw new AwsError("SerializationException", "Invalid timestamp");
  return date;
}
