import type { IAM } from "@aws-sdk/client-iam";
import type { STS } from "@aws-sdk/client-sts";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { Sandbox } from "#sandbox/contract.ts";
import type { BlobStore } from "#storage/blobs.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { CodePackages } from "./code-packages.ts";
import { EventStore } from "./event-store.ts";
import { EnvironmentSpecs } from "./environment-spec.ts";
import type { LambdaPorts } from "./ports.ts";
import { functions } from "./migrations/0001-functions.ts";
import { versions } from "./migrations/0002-versions.ts";
import { AliasStore } from "./store/aliases.ts";
import { FunctionStore } from "./store/functions.ts";

/** What the operations of this service share. */
export interface LambdaState {
  clock: Clock;
  ids: Ids;
  log: Log;
  iam: Pick<CallsOf<IAM>, "getRole">;
  sts: Pick<CallsOf<STS>, "assumeRole">;
  store: FunctionStore;
  aliases: AliasStore;
  events: EventStore;
  /** Rung when an asynchronous event has been accepted. */
  eventBell: Bell;
  blobs: BlobStore;
  packages: CodePackages;
  sandbox: Sandbox;
  specs: EnvironmentSpecs;
  signingSecret: Buffer;
}

export type LambdaOperation<Input, Output> = Operation<Input, Output, LambdaState>;

/** Wakes whoever listens. */
export class Bell {
  #listener: (() => void) | undefined;

  listen(listener: () => void): void {
    this.#listener = listener;
  }

  ring(): void {
    this.#listener?.();
  }
}

export async function openLambda(dependencies: ServiceDependencies & LambdaPorts): Promise<LambdaState> {
  const { clock, ids, log, calls, database, blobs, unpacked, sandbox, signingSecret, endpoint } = dependencies;
  const sts = callsOf<STS>(calls, "sts");
  await database.migrate("lambda", [functions, versions]);
  const aliases = new AliasStore(database);
  const store = new FunctionStore(database, aliases);
  return {
    clock,
    ids,
    log,
    iam: callsOf<IAM>(calls, "iam"),
    sts,
    store,
    aliases,
    events: new EventStore(database),
    eventBell: new Bell(),
    blobs,
    packages: new CodePackages(blobs, unpacked, store),
    sandbox,
    specs: new EnvironmentSpecs(sts, endpoint),
    signingSecret,
  };
}
