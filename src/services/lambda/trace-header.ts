/**
 * X-Amzn-Trace-Id, which follows a chain of invocations through the services: Root names the chain, Lineage counts how often each function
 * has run in it. Pure. https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 *
 * DIVERGES: how AWS writes its Lineage is not published. Ours is `Lineage=HASH:COUNT|HASH:COUNT`, eight hexadecimal digits of a function
 * and the times it was invoked.
 */
import { createHash } from "node:crypto";

/** Functions that one header counts; those that ran least make room. */
const maximumCounted = 16;
const maximumHeaderCharacters = 1_024;

/**
 * A header for a new invocation, which goes on with the chain of `incoming` if that names one. Whether the chain is sampled stands in it only if a
 * caller has decided that.
 */
export function traceHeaderFor(nowMs: number, requestId: string, incoming?: string): string {
  if (incoming === undefined || incoming.length > maximumHeaderCharacters) return newTraceHeader(nowMs, requestId);
  const root = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/.exec(incoming)?.[1];
  if (root === undefined) return newTraceHeader(nowMs, requestId);
  const parent = /;\s*Parent=([0-9a-f]{16})(?:;|$)/.exec(incoming)?.[1];
  const decision = /;\s*Sampled=([01])(?:;|$)/.exec(incoming)?.[1];
  return (
    `Root=${root}${parent === undefined ? "" : `;Parent=${parent}`}` +
    `${decision === undefined ? "" : `;Sampled=${decision}`}${lineageMember(lineageOf(incoming))}`
  );
}

function newTraceHeader(nowMs: number, requestId: string): string {
  // The request id is random already; a second draw would cost more than the rest of the header.
  const digits = requestId.replaceAll("-", "");
  const seconds = Math.floor(nowMs / 1_000)
    .toString(16)
    .padStart(8, "0");
  return `Root=1-${seconds}-${digits.slice(0, 24)}`;
}

/** Of `Root=1-…-…`, with which every header of ours begins. */
const rootCharacters = 40;

/** What the header says about sampling; undefined if nobody has decided. */
export function decisionIn(header: string): boolean | undefined {
  const at = header.indexOf(";Sampled=");
  return at === -1 ? undefined : header[at + 9] === "1";
}

export const rootIn = (header: string): string => header.slice("Root=".length, rootCharacters);

/** The segment of the caller. */
export function parentIn(header: string): string | undefined {
  const at = header.indexOf(";Parent=");
  return at === -1 ? undefined : header.slice(at + 8, at + 24);
}

/** The header with another parent, or none, and with a decision. */
export function withDecision(header: string, isSampled: boolean, parent: string | undefined): string {
  const lineage = header.indexOf(`;${lineageStart}`);
  return (
    `${header.slice(0, rootCharacters)}${parent === undefined ? "" : `;Parent=${parent}`};Sampled=${isSampled ? 1 : 0}` +
    (lineage === -1 ? "" : header.slice(lineage))
  );
}

const ownParentIn = (header: string): string => header.slice(rootCharacters - 16, rootCharacters);

/** Functions find all members in their header. What nobody wanted to sample is not; a parent that nobody named is one of no meaning. */
function whole(header: string): string {
  if (header.includes(";Parent=") && header.includes(";Sampled=")) return header;
  return withDecision(header, decisionIn(header) ?? false, parentIn(header) ?? ownParentIn(header));
}

/** How often the function has been invoked in this chain. */
export const countInChain = (header: string, functionArn: string): number =>
  header.includes(lineageStart) ? (lineageOf(header).get(hashOf(functionArn)) ?? 0) : 0;

/** The header that the function itself gets, and passes on to what it calls. */
export function withInvocationOf(incoming: string, functionArn: string): string {
  const hash = hashOf(functionArn);
  // Most invocations begin a chain that nobody follows.
  if (incoming.length === rootCharacters) return `${incoming};Parent=${ownParentIn(incoming)};Sampled=0;${lineageStart}${hash}:1`;
  const header = whole(incoming);
  // Most chains begin here.
  if (!header.includes(lineageStart)) return `${header};${lineageStart}${hash}:1`;
  const counts = lineageOf(header);
  counts.set(hash, (counts.get(hash) ?? 0) + 1);
  if (counts.size > maximumCounted) {
    const others = [...counts].filter(([other]) => other !== hash);
    counts.delete(others.reduce((least, each) => (each[1] < least[1] ? each : least))[0]);
  }
  return withLineage(header, counts);
}

/** One header for messages that go into one invocation: the chain of the first, with the most that any of them has counted. */
export function mergedHeader(headers: readonly string[]): string | undefined {
  const [first] = headers;
  if (first === undefined || !headers.some((header) => header.includes(lineageStart))) return first;
  const counts = new Map<string, number>();
  for (const header of headers) for (const [hash, count] of lineageOf(header)) counts.set(hash, Math.max(count, counts.get(hash) ?? 0));
  const most = [...counts].toSorted((one, other) => other[1] - one[1]).slice(0, maximumCounted);
  return withLineage(first, new Map(most));
}

const lineageStart = "Lineage=";

function lineageOf(header: string): Map<string, number> {
  const counted = /;\s*Lineage=([0-9a-f:|]{1,400})(?:;|$)/.exec(header)?.[1] ?? "";
  const entries = counted.split("|").map((entry) => /^([0-9a-f]{8}):(\d{1,4})$/.exec(entry));
  return new Map(entries.filter((entry) => entry !== null).map(([, hash, count]) => [hash!, Number(count)]));
}

const withLineage = (header: string, counts: ReadonlyMap<string, number>): string =>
  header.replace(/;\s*Lineage=[^;]*/, "") + lineageMember(counts);

const lineageMember = (counts: ReadonlyMap<string, number>): string =>
  counts.size === 0 ? "" : `;${lineageStart}${[...counts].map(([hash, count]) => `${hash}:${count}`).join("|")}`;

const hashes = new Map<string, string>();
const maximumHashes = 10_000;

/** Every invocation asks, so it is remembered. */
function hashOf(functionArn: string): string {
  let hash = hashes.get(functionArn);
  if (hash === undefined) {
    hash = createHash("sha256").update(functionArn).digest("hex").slice(0, 8);
    if (hashes.size >= maximumHashes) hashes.clear();
    hashes.set(functionArn, hash);
  }
  return hash;
}
