import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lambda } from "@aws-sdk/client-lambda";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import type { EnvironmentSpec, InvocationOutcome, InvocationRequest, ProvisionState, Sandbox, SnapshotFailure } from "#sandbox/contract.ts";
import { openBlobFiles } from "#storage/blob-files.ts";
import type { Database } from "#storage/database.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { type CallOptions, type CallsOf, callsOf } from "#wire/calls.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import { ServiceHost } from "#wire/service-host.ts";
import { isSettling, latestVersion } from "./function-version.ts";
import { lambda } from "./index.ts";
import type { LambdaState } from "./state.ts";

/** Lambda over a database of its own and a sandbox that only takes notes, for tests; requests pass validation as in the product. */
export interface LambdaTrial extends AsyncDisposable {
  lambda: CallsOf<Lambda>;
  state: LambdaState;
  sandbox: NotingSandbox;
  /** What other services were asked for; all answer with nothing, but iam, which knows the role. */
  called: Called[];
  /** May throw in place of an answer. */
  onCall: (called: Called) => void;
  /** How often the database was read. */
  readCount(): number;
  /** What the next draws of chance give; 0 when they are used up. */
  fractions: number[];
  /** Makes the function `f`, or another one, of a zip file, and does not wait for it. */
  createFunction(zip: Uint8Array, name?: string): Promise<void>;
  /** Waits until $LATEST of `f`, or of another one, is not in the making any more. */
  settle(name?: string): Promise<void>;
}

export interface Called {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
}

export const accountId = "123456789012";
export const root = { as: rootPrincipal(accountId), region: "eu-central-1" };
/** The function of `createFunction`. */
export const id = { accountId, region: root.region, name: "f" };
const roleArn = `arn:aws:iam::${accountId}:role/function-role`;

/** Answers every invocation with `{}`, and keeps functions in the making for as long as `gate` is there. */
export class NotingSandbox implements Sandbox {
  readonly invoked: Array<{ spec: EnvironmentSpec; request: InvocationRequest }> = [];
  readonly retired: string[] = [];
  gate: PromiseWithResolvers<void> | undefined;
  /** What is to be kept initialised, by the key of the spec; none of it is. */
  readonly provisions = new Map<string, { spec: EnvironmentSpec; count: number }>();
  /** What the next questions after provisions answer; nothing has failed unless a test says so. */
  provisionState: ProvisionState | undefined;

  provision(spec: EnvironmentSpec, count: number): void {
    if (count > 0) this.provisions.set(spec.key, { spec, count });
    else this.provisions.delete(spec.key);
  }

  provisioned(specKey: string): ProvisionState {
    const { count = 0 } = this.provisions.get(specKey) ?? {};
    return this.provisionState ?? { allocated: count, available: count };
  }

  /** What comes of the next snapshots, and of which functions. */
  snapshotFailure: SnapshotFailure | undefined;
  readonly snapped: EnvironmentSpec[] = [];

  async snapshot(spec: EnvironmentSpec): Promise<SnapshotFailure | undefined> {
    this.snapped.push(spec);
    await this.gate?.promise;
    return this.snapshotFailure;
  }

  async invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    this.invoked.push({ spec, request });
    return { payload: Buffer.from("{}"), finished: Promise.resolve() };
  }

  async prepare(): Promise<void> {
    await this.gate?.promise;
  }

  async retire(specKey: string): Promise<void> {
    this.retired.push(specKey);
    this.provisions.delete(specKey);
  }

  describe() {
    return { name: "noting", isolation: "nothing runs", isolates: true, advice: [] };
  }

  async drain(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

const trustPolicy = encodeURIComponent(
  JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }),
);

export async function openLambdaTrial(): Promise<LambdaTrial> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-lambda-"));
  const database: Database = await openSqliteDatabase({ path: join(folder, "lambda") });
  let reads = 0;
  const counting: Database = {
    migrate: (service, migrations) => database.migrate(service, migrations),
    read: (query) => (reads++, database.read(query)),
    write: (unit) => database.write(unit),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
  const sandbox = new NotingSandbox();
  const fractions: number[] = [];
  const called: Called[] = [];
  const dispatcher = new Dispatcher({ authorize() {} }, randomIds, () => "http://127.0.0.1:4566");
  const host = new ServiceHost(lambda, {
    clock: new ManualClock(),
    ids: { ...randomIds, fraction: () => fractions.shift() ?? 0 },
    log: silentLog,
    calls: {
      async invoke(service: string, operation: string, input: Called["input"], options: CallOptions) {
        if (service === "iam") return { Role: { Arn: roleArn, RoleId: "AROAXXXXXXXXXXXXXXXXX", AssumeRolePolicyDocument: trustPolicy } };
        called.push({ service, operation, input, options });
        trial.onCall(called.at(-1)!);
        return {};
      },
    },
    accountId,
    database: counting,
    blobs: await openBlobFiles(join(folder, "blobs")),
    unpacked: { async delete() {}, async deleteMerged() {} },
    unpackedImages: { async unpack() {}, async delete() {} },
    imagePlaces: { folders: [], registries: new Map() },
    fileSystems: new Map(),
    sandbox,
    signingSecret: Buffer.alloc(32),
    endpoint: () => "http://127.0.0.1:4566",
  } as ConstructorParameters<typeof ServiceHost>[1]);
  dispatcher.add(host);
  const state = (await host.load()).state as LambdaState;
  const client = callsOf<Lambda>(dispatcher, "lambda");
  const trial: LambdaTrial = {
    lambda: client,
    state,
    sandbox,
    called,
    onCall: () => {},
    readCount: () => reads,
    fractions,
    async createFunction(zip, name = id.name) {
      const settings = { FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: roleArn } as const;
      await client.createFunction({ ...settings, Code: { ZipFile: zip } }, root);
    },
    async settle(name = id.name) {
      for (let attempt = 0; isSettling((await state.store.find({ ...id, name }, latestVersion))!); attempt++) {
        if (attempt === 1_000) throw new Error("the function does not become ready");
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
  return trial;
}
