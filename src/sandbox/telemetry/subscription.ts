/**
 * What an extension asks of the Telemetry API, or of the Logs API that came before it.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html
 */
export interface Subscription {
  api: TelemetryApi;
  schemaVersion: string;
  /** As asked for. */
  types: readonly TelemetryType[];
  buffering: Buffering;
  destination: Destination;
}

export type TelemetryApi = "telemetry" | "logs";
export type TelemetryType = "platform" | "function" | "extension";

export type Destination = { protocol: "HTTP"; method: "POST" | "PUT"; port: number; path: string } | { protocol: "TCP"; port: number };

/** A batch is sent when it is full, or old. */
export interface Buffering {
  maxItems: number;
  maxBytes: number;
  timeoutMs: number;
}

const schemaVersions: Readonly<Record<TelemetryApi, readonly string[]>> = {
  telemetry: ["2022-07-01", "2022-12-13", "2025-01-29"],
  logs: ["2020-08-15", "2021-03-18"],
};
const types: readonly string[] = ["platform", "function", "extension"];
/** That of the Runtime API. */
const reservedPort = 9001;
const hostPattern = /^sandbox(\.localdomain)?$/;

/** https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering */
const limits: Readonly<Record<keyof Buffering, { least: number; most: number; default: number }>> = {
  maxItems: { least: 1_000, most: 10_000, default: 10_000 },
  maxBytes: { least: 262_144, most: 1_048_576, default: 262_144 },
  timeoutMs: { least: 25, most: 30_000, default: 1_000 },
};

/** What is wrong with a request, in one line; the caller answers 400. */
export class InvalidSubscription extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join("; "));
    this.name = "InvalidSubscription";
  }
}

/** Throws `InvalidSubscription`. */
export function parseSubscription(api: TelemetryApi, body: string): Subscription {
  const request = parseObject(body);
  const complaints: string[] = [];
  const schemaVersion = request.schemaVersion ?? (api === "logs" ? "2020-08-15" : undefined);
  if (schemaVersion === undefined) complaints.push("schemaVersion is required");
  else if (!schemaVersions[api].includes(schemaVersion as string)) complaints.push(`schemaVersion ${show(schemaVersion)} is not supported`);
  const destination = parseDestination(request.destination, complaints);
  const wanted = parseTypes(request.types, complaints);
  const buffering = parseBuffering(request.buffering ?? {}, complaints);
  if (complaints.length > 0 || !destination) throw new InvalidSubscription(complaints);
  return { api, schemaVersion: schemaVersion as string, types: wanted, buffering, destination };
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isObject(parsed)) return parsed;
  } catch {}
  throw new InvalidSubscription(["request body is not a JSON object"]);
}

function parseTypes(wanted: unknown, complaints: string[]): TelemetryType[] {
  if (!Array.isArray(wanted) || wanted.length === 0) {
    complaints.push("types should not be empty");
    return [];
  }
  for (const type of wanted) if (!types.includes(type as string)) complaints.push(`type ${show(type)} is not supported`);
  return [...new Set(wanted as TelemetryType[])];
}

function parseBuffering(wanted: unknown, complaints: string[]): Buffering {
  if (!isObject(wanted)) complaints.push("buffering is not an object");
  const given = isObject(wanted) ? wanted : {};
  const number = (name: keyof Buffering): number => {
    const { least, most, default: usual } = limits[name];
    const value = given[name] ?? usual;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    complaints.push(`${name} should be between ${least} and ${most}`);
    return usual;
  };
  return { maxItems: number("maxItems"), maxBytes: number("maxBytes"), timeoutMs: number("timeoutMs") };
}

function parseDestination(wanted: unknown, complaints: string[]): Destination | undefined {
  if (!isObject(wanted)) return void complaints.push("destination is not provided");
  const { protocol, URI, port, method = "POST" } = wanted;
  if (protocol === "TCP") return isPort(port, complaints, "port") ? { protocol, port } : undefined;
  if (protocol !== "HTTP") return void complaints.push(`protocol ${show(protocol)} is not supported`);
  if (method !== "POST" && method !== "PUT") return void complaints.push(`method ${show(method)} is not supported`);
  if (typeof URI !== "string" || URI === "") return void complaints.push("URI is not provided");
  const url = URL.canParse(URI) ? new URL(URI) : undefined;
  if (url?.protocol !== "http:") return void complaints.push("URI is not valid");
  if (!hostPattern.test(url.hostname)) return void complaints.push("URI host should be sandbox.localdomain");
  if (url.port === "" && !/:80(\/|$)/.test(URI)) return void complaints.push("URI port is not provided");
  const number = Number(url.port || 80);
  return isPort(number, complaints, "URI port") ? { protocol, method, port: number, path: url.pathname + url.search } : undefined;
}

function isPort(port: unknown, complaints: string[], name: string): port is number {
  if (port === undefined) complaints.push(`${name} is not provided`);
  else if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535) complaints.push(`${name} is not valid`);
  else if (port === reservedPort) complaints.push(`${name} ${reservedPort} is reserved`);
  else return true;
  return false;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const show = (value: unknown): string => (JSON.stringify(value) ?? "undefined").slice(0, 100);
