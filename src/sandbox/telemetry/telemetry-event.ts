import type { Subscription, TelemetryType } from "./subscription.ts";

/** Something that happened, or a line that was written: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html */
export interface TelemetryEvent {
  /** Epoch milliseconds. */
  timestampMs: number;
  type: TelemetryType;
  /** Of platform events, without `platform.`. */
  name?: string;
  /** Of platform events, an object; else the line, without its end. */
  record: Record<string, unknown> | string;
}

/** Since then lines in JSON are objects. */
const firstWithObjects = "2022-12-13";
/** Only the Logs API has those of the first list; of the others it has the second. */
const onlyLogsApi = ["end", "fault", "logsSubscription"];
const alsoLogsApi = ["start", "report", "extension", "logsDropped"];
/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html */
const withRuntimeDone = "2021-03-18";

/** The event in the subscription's schema, as JSON; undefined if it is not in there. `isJson`: whether the function logs in that format. */
export function render(
  { timestampMs, type, name, record }: TelemetryEvent,
  subscription: Subscription,
  isJson: boolean,
): string | undefined {
  if (!subscription.types.includes(type)) return undefined;
  const head = `{"time":"${new Date(timestampMs).toISOString()}","type":"${name === undefined ? type : `platform.${name}`}","record":`;
  if (name === undefined) return `${head}${lineRecord(record as string, subscription, isJson)}}`;
  if (subscription.api === "telemetry") return onlyLogsApi.includes(name) ? undefined : `${head}${JSON.stringify(record)}}`;
  const isKnown =
    onlyLogsApi.includes(name) || alsoLogsApi.includes(name) || (name === "runtimeDone" && subscription.schemaVersion >= withRuntimeDone);
  return isKnown ? `${head}${JSON.stringify(forLogsApi(name, record))}}` : undefined;
}

function lineRecord(line: string, { api, schemaVersion }: Subscription, isJson: boolean): string {
  if (api === "logs") return JSON.stringify(`${line}\n`);
  if (!isJson || schemaVersion < firstWithObjects || !line.startsWith("{")) return JSON.stringify(line);
  try {
    JSON.parse(line);
    return line;
  } catch {
    return JSON.stringify(line);
  }
}

/** It came first, and knows less. */
function forLogsApi(name: string, record: TelemetryEvent["record"]): unknown {
  if (typeof record === "string") return record;
  const { requestId, status, metrics } = record;
  if (name === "start" || name === "end") return { requestId };
  if (name === "runtimeDone") return { requestId, status: status === "error" ? "failure" : status };
  return name === "report" ? { requestId, metrics } : record;
}
