import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { XRay } from "@aws-sdk/client-xray";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import { ServiceHost } from "#wire/service-host.ts";
import { xray } from "./index.ts";
import type { XrayState } from "./state.ts";

/** X-Ray over a database of its own and a clock that stands still, for tests; requests pass validation as they do in the product. */
export interface XrayTrial extends AsyncDisposable {
  xray: CallsOf<XRay>;
  state: XrayState;
  clock: ManualClock;
  /** Sends documents; resolves with the codes of those that were refused. */
  put(...documents: object[]): Promise<string[]>;
  /** Ids of the traces that began in the hour before or after now, newest first. */
  found(filter?: string): Promise<string[]>;
  /** The documents of a trace. */
  segments(traceId: string): Promise<Array<Record<string, unknown>>>;
}

export const accountId = "123456789012";
export const root = { as: rootPrincipal(accountId), region: "eu-central-1" };

/** Of a trial's clock at its start, in seconds. */
export const startSeconds = Date.UTC(2026, 0, 15, 12) / 1_000;

/** `1-…-…`, different for each number. */
export const traceIdOf = (number: number): string => `1-${startSeconds.toString(16)}-${number.toString(16).padStart(24, "0")}`;
/** Sixteen digits, different for each number. */
export const idOf = (number: number): string => number.toString(16).padStart(16, "0");

/** A whole segment of one second that began with the trial. */
export const segmentOf = (trace: number, id: number, members: object = {}): object => ({
  name: "service",
  id: idOf(id),
  trace_id: traceIdOf(trace),
  start_time: startSeconds,
  end_time: startSeconds + 1,
  ...members,
});

export async function openXrayTrial(): Promise<XrayTrial> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-xray-"));
  const database = await openSqliteDatabase({ path: join(folder, "xray") });
  const clock = new ManualClock();
  const dispatcher = new Dispatcher({ authorize() {} }, randomIds, () => "http://127.0.0.1:4566");
  const dependencies = { clock, ids: randomIds, log: silentLog, calls: dispatcher, accountId, database };
  const host = new ServiceHost(xray, dependencies);
  dispatcher.add(host);
  const { state } = await host.load();
  const calls = callsOf<XRay>(dispatcher, "xray");
  return {
    xray: calls,
    state: state as XrayState,
    clock,
    async put(...documents) {
      const TraceSegmentDocuments = documents.map((document) => JSON.stringify(document));
      const { UnprocessedTraceSegments } = await calls.putTraceSegments({ TraceSegmentDocuments }, root);
      return UnprocessedTraceSegments!.map(({ ErrorCode }) => ErrorCode!);
    },
    async found(filter) {
      const period = { StartTime: new Date(clock.now() - 3_600_000), EndTime: new Date(clock.now() + 3_600_000) };
      const input = { ...period, ...(filter !== undefined && { FilterExpression: filter }) };
      return (await calls.getTraceSummaries(input, root)).TraceSummaries!.map(({ Id }) => Id!);
    },
    async segments(traceId) {
      const { Traces } = await calls.batchGetTraces({ TraceIds: [traceId] }, root);
      return (Traces![0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document!) as Record<string, unknown>);
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
