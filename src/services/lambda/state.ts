import type { IAM } from "@aws-sdk/client-iam";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { SNS } from "@aws-sdk/client-sns";
import type { SQS } from "@aws-sdk/client-sqs";
import type { STS } from "@aws-sdk/client-sts";
import type { XRay } from "@aws-sdk/client-xray";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import { Semaphore } from "#kit/semaphore.ts";
import type { Sandbox } from "#sandbox/contract.ts";
import type { BlobStore } from "#storage/blobs.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { Admission } from "./satellites/admission.ts";
import { Provisioning } from "./satellites/provisioning.ts";
import { CodePackages } from "./code-packages.ts";
import type { AsyncEvent } from "./async/event.ts";
import { EventStore } from "./async/event-store.ts";
import type { Mapping } from "./event-sources/mapping.ts";
import type { FileSystemFolders } from "./function-file-systems.ts";
import { Images } from "./images/images.ts";
import { EnvironmentSpecs } from "./environment-spec.ts";
import { RolePrincipals } from "./function-role.ts";
import { Metrics } from "./metrics.ts";
import type { LambdaPorts } from "./ports.ts";
import { functions } from "./migrations/0001-functions.ts";
import { versions } from "./migrations/0002-versions.ts";
import { satellites as satelliteTables } from "./migrations/0003-satellites.ts";
import { layers as layerTables } from "./migrations/0004-layers.ts";
import { eventSourceMappings } from "./migrations/0005-event-source-mappings.ts";
import { queuedEvents } from "./migrations/0006-queued-events.ts";
import { AliasStore } from "./store/aliases.ts";
import { CodeSigningStore } from "./store/code-signing.ts";
import { EventSourceMappingStore } from "./store/event-source-mappings.ts";
import { FunctionStore } from "./store/functions.ts";
import { LayerStore } from "./store/layers.ts";
import { SatelliteStore } from "./store/satellites.ts";
import { SegmentSender } from "./tracing/segment-sender.ts";
import { Tracer } from "./tracing/tracer.ts";

/** What the operations of this service share. */
export interface LambdaState {
  clock: Clock;
  ids: Ids;
  log: Log;
  iam: Pick<CallsOf<IAM>, "getRole">;
  sts: Pick<CallsOf<STS>, "assumeRole">;
  lambda: Pick<CallsOf<Lambda>, "invoke">;
  sns: Pick<CallsOf<SNS>, "publish">;
  sqs: CallsOf<SQS>;
  /** Functions' roles as they call others. */
  roles: RolePrincipals;
  metrics: Metrics;
  store: FunctionStore;
  aliases: AliasStore;
  layers: LayerStore;
  satellites: SatelliteStore;
  codeSigning: CodeSigningStore;
  admission: Admission;
  /** Held while something is changed that is weighed against the limits of the whole account, or against other provisioned concurrency. */
  accountChange: Semaphore;
  events: EventStore;
  /** Rung when an asynchronous event has been accepted. */
  eventBell: Bell<AsyncEvent>;
  mappings: EventSourceMappingStore;
  /** Rung when an event source mapping is on its way to another state. */
  mappingBell: Bell;
  /** Rung with an event source mapping that has changed its state. */
  pollingBell: Bell<Mapping>;
  blobs: BlobStore;
  packages: CodePackages;
  images: Images;
  sandbox: Sandbox;
  specs: EnvironmentSpecs;
  tracer: Tracer;
  provisioning: Provisioning;
  fileSystems: FileSystemFolders;
  signingSecret: Buffer;
}

export type LambdaOperation<Input, Output> = Operation<Input, Output, LambdaState>;

/** Wakes whoever listens. */
export class Bell<Notice = void> {
  #listener: ((notice: Notice) => void) | undefined;

  listen(listener: (notice: Notice) => void): void {
    this.#listener = listener;
  }

  ring(notice: Notice): void {
    this.#listener?.(notice);
  }
}

export async function openLambda(dependencies: ServiceDependencies & LambdaPorts): Promise<LambdaState> {
  const { clock, ids, log, calls, database, blobs, unpacked, sandbox, signingSecret, endpoint, fileSystems } = dependencies;
  const { unpackedImages, imagePlaces } = dependencies;
  const sts = callsOf<STS>(calls, "sts");
  await database.migrate("lambda", [functions, versions, satelliteTables, layerTables, eventSourceMappings, queuedEvents]);
  const iam = callsOf<IAM>(calls, "iam");
  const satellites = new SatelliteStore(database);
  const aliases = new AliasStore(database, satellites);
  const layers = new LayerStore(database);
  const store = new FunctionStore(database, aliases, satellites);
  const roles = new RolePrincipals(iam, clock);
  const tracer = new Tracer({ clock, ids }, new SegmentSender(callsOf<XRay>(calls, "xray"), roles, { clock, log }));
  const specs = new EnvironmentSpecs(sts, endpoint, fileSystems, tracer);
  return {
    clock,
    ids,
    log,
    iam,
    sts,
    lambda: callsOf<Lambda>(calls, "lambda"),
    sns: callsOf<SNS>(calls, "sns"),
    sqs: callsOf<SQS>(calls, "sqs"),
    roles,
    metrics: new Metrics(),
    store,
    aliases,
    layers,
    satellites,
    codeSigning: new CodeSigningStore(database),
    admission: new Admission(satellites, ({ environmentKey }) => sandbox.provisioned(environmentKey).available),
    accountChange: new Semaphore(1),
    events: await EventStore.open(database),
    eventBell: new Bell(),
    mappings: new EventSourceMappingStore(database),
    mappingBell: new Bell(),
    pollingBell: new Bell(),
    blobs,
    packages: new CodePackages(blobs, { unpacked, images: unpackedImages }, store, layers),
    images: new Images(imagePlaces, unpackedImages),
    sandbox,
    fileSystems,
    specs,
    tracer,
    provisioning: new Provisioning({ store, aliases, satellites, sandbox, specs, log }),
    signingSecret,
  };
}
