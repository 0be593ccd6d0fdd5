import type { Lambda } from "@aws-sdk/client-lambda";
import type { SQS } from "@aws-sdk/client-sqs";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import { Semaphore } from "#kit/semaphore.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import type { Operation, RequestContext } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { Bell } from "./bell.ts";
import { Poster } from "./doors/post.ts";
import { FilterPolicies } from "./filter-policy.ts";
import { initial } from "./migrations/0001-initial.ts";
import { privateSubscribers } from "./migrations/0002-private-subscribers.ts";
import { archives } from "./migrations/0003-archives.ts";
import type { SnsPorts } from "./ports.ts";
import { Sequences } from "./sequences.ts";
import { MessageSigner } from "./signing.ts";
import { ArchiveStore } from "./store/archive.ts";
import { DeliveryStore } from "./store/deliveries.ts";
import { MobileStore } from "./store/mobile.ts";
import { OutboxStore } from "./store/outbox.ts";
import { ReplayStore } from "./store/replays.ts";
import { SubscriptionStore } from "./store/subscriptions.ts";
import { TopicStore } from "./store/topics.ts";

/** What the operations of this service share. */
export interface SnsState extends Omit<SnsPorts, "database" | "keepFile"> {
  clock: Clock;
  ids: Ids;
  log: Log;
  sqs: Pick<CallsOf<SQS>, "getQueueUrl" | "sendMessage">;
  lambda: Pick<CallsOf<Lambda>, "invoke">;
  topics: TopicStore;
  subscriptions: SubscriptionStore;
  deliveries: DeliveryStore;
  archive: ArchiveStore;
  replays: ReplayStore;
  outbox: OutboxStore;
  mobile: MobileStore;
  filters: FilterPolicies;
  signer: MessageSigner;
  sequences: Sequences;
  /** Rung when there is something to deliver. */
  deliveryBell: Bell;
  /** Rung when a replay has something to do. */
  replayBell: Bell;
  /** Held while topics and subscriptions are changed by what was read of them. */
  changes: Semaphore;
  poster: Pick<Poster, "post">;
}

export type SnsContext = RequestContext<SnsState>;
export type SnsOperation<Input, Output> = Operation<Input, Output, SnsState>;

export async function openSns(dependencies: ServiceDependencies & SnsPorts): Promise<SnsState> {
  const { clock, ids, log, calls, database, endpoint, certificateOrigin, certificates, isRootKey } = dependencies;
  await database.migrate("sns", [initial, privateSubscribers, archives]);
  return {
    clock,
    ids,
    log,
    sqs: callsOf<SQS>(calls, "sqs"),
    lambda: callsOf<Lambda>(calls, "lambda"),
    topics: new TopicStore(database),
    subscriptions: new SubscriptionStore(database),
    deliveries: new DeliveryStore(database),
    archive: new ArchiveStore(database),
    replays: new ReplayStore(database),
    outbox: new OutboxStore(database),
    mobile: new MobileStore(database),
    filters: new FilterPolicies(),
    signer: new MessageSigner(dependencies, clock),
    sequences: new Sequences(),
    deliveryBell: new Bell(),
    replayBell: new Bell(),
    changes: new Semaphore(1),
    poster: new Poster(() => certificates.certificate()),
    endpoint,
    certificateOrigin,
    certificates,
    isRootKey,
  };
}
