import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message, SQS } from "@aws-sdk/client-sqs";
import { CompiledQuery } from "kysely";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import { ServiceHost } from "#wire/service-host.ts";
import { sqs } from "./index.ts";
import type { SqsState } from "./state.ts";

/** SQS over a database of its own and a clock that stands still, for tests; requests pass validation as they do in the product. */
export interface SqsTrial extends AsyncDisposable {
  sqs: CallsOf<SQS>;
  state: SqsState;
  clock: ManualClock;
  /** The process begins to stop. */
  stop(): void;
  /** Creates a queue; resolves with its URL. */
  queue(name: string, attributes?: Record<string, string>): Promise<string>;
  /** Receives without waiting; resolves with bodies. */
  bodies(url: string, limit?: number): Promise<string[]>;
  /** Receives without waiting, all attributes included. */
  receive(url: string, limit?: number): Promise<Message[]>;
  /** Lets time pass for work that writes between its timers. */
  elapse(byMs: number): Promise<void>;
  /** Forgets all that is in memory, as after a crash. */
  restart(): Promise<void>;
}

const elapseStepMs = 100;
const writesPerStep = 4;
const nothing = CompiledQuery.raw("SELECT 1");

export const accountId = "123456789012";
export const root = { as: rootPrincipal(accountId), region: "eu-central-1" };
export const arnOf = (name: string): string => `arn:aws:sqs:${root.region}:${accountId}:${name}`;

export async function openSqsTrial(): Promise<SqsTrial> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-sqs-"));
  const database = await openSqliteDatabase({ path: join(folder, "sqs") });
  const clock = new ManualClock();
  const stopping = new AbortController();
  const open = async (): Promise<{ calls: CallsOf<SQS>; state: SqsState }> => {
    const dispatcher = new Dispatcher({ authorize() {} }, randomIds, () => "http://127.0.0.1:4566");
    const dependencies = { clock, ids: randomIds, log: silentLog, calls: dispatcher, accountId, database, stopping: stopping.signal };
    const host = new ServiceHost(sqs, dependencies);
    dispatcher.add(host);
    return { calls: callsOf<SQS>(dispatcher, "sqs"), state: (await host.load()).state as SqsState };
  };
  let opened = await open();
  const receive = async (url: string, limit = 10): Promise<Message[]> => {
    const wanted = { MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] };
    return (await opened.calls.receiveMessage({ QueueUrl: url, MaxNumberOfMessages: limit, ...wanted }, root)).Messages ?? [];
  };
  return {
    get sqs() {
      return opened.calls;
    },
    get state() {
      return opened.state;
    },
    clock,
    stop: () => stopping.abort(),
    receive,
    async queue(name, attributes = {}) {
      return (await opened.calls.createQueue({ QueueName: name, Attributes: attributes }, root)).QueueUrl!;
    },
    async bodies(url, limit) {
      return (await receive(url, limit)).map(({ Body }) => Body!);
    },
    async elapse(byMs) {
      for (let passedMs = 0; passedMs < byMs; passedMs += elapseStepMs) {
        await clock.advance(elapseStepMs);
        // Each comes back when all writes before it have.
        for (let write = 0; write < writesPerStep; write++) await database.write([{ query: nothing }]);
      }
    },
    async restart() {
      await opened.state.moveTasks.stop();
      opened = await open();
    },
    async [Symbol.asyncDispose]() {
      await opened.state.moveTasks.stop();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
