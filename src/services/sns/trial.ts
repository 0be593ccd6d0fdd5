import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SNS } from "@aws-sdk/client-sns";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { type CallOptions, type CallsOf, callsOf } from "#wire/calls.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import { ServiceHost } from "#wire/service-host.ts";
import type { Post } from "./doors/post.ts";
import { sns } from "./index.ts";
import type { SnsState } from "./state.ts";

/** What SNS asked of another service. */
export interface Asked {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
}

/** SNS over a database of its own, for tests; the services around it, and the network, are played. */
export interface SnsTrial extends AsyncDisposable {
  sns: CallsOf<SNS>;
  state: SnsState;
  clock: ManualClock;
  /** Calls of operations other than GetQueueUrl. */
  asked: Asked[];
  posts: Post[];
  /** Throws to let a call or a post fail. */
  refuse: { call?: ((asked: Asked) => void) | undefined; post?: ((post: Post) => void) | undefined };
  /** Starts the loops once more over the same database, as after a restart. */
  restart(): Promise<void>;
  /** Lets the loops do what is due at this time. */
  settle(): Promise<void>;
}

export const accountId = "123456789012";
export const region = "eu-central-1";
export const root = { as: rootPrincipal(accountId), region };
export const arnOf = (name: string): string => `arn:aws:sns:${region}:${accountId}:${name}`;
export const queueArn = (name: string): string => `arn:aws:sqs:${region}:${accountId}:${name}`;

/** One for all trials: making one takes a while. */
const signingKey = generateKeyPairSync("rsa", { modulusLength: 2_048 });
export const signingPublicKey = signingKey.publicKey;

export async function openSnsTrial(): Promise<SnsTrial> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-sns-"));
  const database = await openSqliteDatabase({ path: join(folder, "sns") });
  const clock = new ManualClock();
  const dispatcher = new Dispatcher({ authorize() {} }, randomIds, () => "http://127.0.0.1:4566");
  const asked: Asked[] = [];
  const posts: Post[] = [];
  const refuse: SnsTrial["refuse"] = {};
  const calls = {
    async invoke(service: string, operation: string, input: object, options: CallOptions): Promise<unknown> {
      const call = { service, operation, input: input as Record<string, unknown>, options };
      refuse.call?.(call);
      if (operation === "GetQueueUrl") return { QueueUrl: `http://127.0.0.1:4566/${accountId}/${String(call.input.QueueName)}` };
      asked.push(call);
      return {};
    },
  };
  const dependencies = {
    clock,
    ids: randomIds,
    log: silentLog,
    calls,
    accountId,
    database,
    endpoint: () => "http://127.0.0.1:4566",
    certificateOrigin: () => "https://127.0.0.1:4567",
    certificates: { certificate: async () => "", certify: async () => ({ certificate: "CERTIFICATE", expiresMs: clock.now() + 1e12 }) },
    keepFile: async () => Buffer.from(signingKey.privateKey.export({ type: "pkcs8", format: "pem" })),
    isRootKey: (id: string, secret: string) => `${id}:${secret}` === "test:test",
  };
  const host = new ServiceHost(sns, dependencies);
  dispatcher.add(host);
  const loaded = await host.load();
  const state = loaded.state as SnsState;
  state.poster = {
    async post(post) {
      refuse.post?.(post);
      posts.push(post);
    },
  };
  const start = (): AsyncDisposable[] => loaded.loops().map((loop) => loop.start());
  const stop = (loops: AsyncDisposable[]) => Promise.all(loops.map((loop) => loop[Symbol.asyncDispose]()));
  let loops = start();
  return {
    sns: callsOf<SNS>(dispatcher, "sns"),
    state,
    clock,
    asked,
    posts,
    refuse,
    async restart() {
      await stop(loops);
      loops = start();
    },
    async settle() {
      // The writer is a thread of its own: its answers come when they come, whatever the clock says.
      for (let quiet = 0; quiet < 3;) {
        const due = await state.deliveries.due(clock.now(), 1, []);
        quiet = due.length === 0 ? quiet + 1 : 0;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    async [Symbol.asyncDispose]() {
      await stop(loops);
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
