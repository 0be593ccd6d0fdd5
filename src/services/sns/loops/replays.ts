import { sleep } from "#kit/clock.ts";
import type { Statement } from "#storage/database.ts";
import type { Loop } from "#wire/service.ts";
import { beginningOfArchive } from "../archive-policy.ts";
import { replayPage, replayPauseMs, sweepMs, waitingReplayed } from "../limits.ts";
import type { Message } from "../message.ts";
import { deliveryRow, wants } from "../publishing.ts";
import { type Replay, readReplayPolicy } from "../replay-policy.ts";
import { sequenceBefore } from "../sequences.ts";
import type { SnsState } from "../state.ts";
import { keepMessage } from "../store/deliveries.ts";
import type { Subscription } from "../subscription.ts";

const faultPauseMs = 1_000;

/**
 * Feeds subscriptions that have asked for a replay: page by page their topic's archive becomes deliveries like all others, in the same
 * lanes. New messages are in the archive, too, so that a replay without an end passes over to them where it has caught up.
 */
export function replays(state: SnsState): Loop {
  return { start: () => new Replays(state) };
}

class Replays implements AsyncDisposable {
  readonly #state: SnsState;
  readonly #stop = new AbortController();
  #bell = new AbortController();
  readonly #running: Promise<void>;

  constructor(state: SnsState) {
    this.#state = state;
    state.replayBell.listen(() => this.#bell.abort());
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#bell.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#state;
    while (!this.#stop.signal.aborted) {
      this.#bell = new AbortController();
      const pauseMs = await this.#round().catch((error: unknown) => {
        log.error("replays of topics could not be read", { error });
        return faultPauseMs;
      });
      if (this.#stop.signal.aborted) return;
      if (pauseMs > 0) await sleep(clock, pauseMs, this.#bell.signal).catch(() => {});
    }
  }

  /** A page for each that runs. Answers how long there will be nothing to do. */
  async #round(): Promise<number> {
    let pauseMs = sweepMs;
    for (const subscription of await this.#state.replays.running()) {
      if (this.#stop.signal.aborted) break;
      const nextMs = await this.#feed(subscription).catch((error: unknown) => {
        this.#state.log.error("a replay could not go on", { subscription: subscription.arn, error });
        return faultPauseMs;
      });
      pauseMs = Math.min(pauseMs, nextMs);
    }
    return pauseMs;
  }

  async #feed(subscription: Subscription & { replay: Replay }): Promise<number> {
    const { replays: store, archive, topics, deliveries, clock } = this.#state;
    const { arn, topicArn, replay } = subscription;
    const topic = await topics.find(topicArn);
    const nowMs = clock.now();
    const beginningMs = topic && beginningOfArchive(topic, nowMs);
    const policy = readReplayPolicy(subscription.attributes.ReplayPolicy ?? "{}");
    if (beginningMs === undefined || policy === undefined) {
      await store.fail(subscription);
      return 0;
    }
    if (await deliveries.waits(arn, { count: waitingReplayed })) return replayPauseMs;
    const beginning = sequenceBefore(beginningMs);
    const after = replay.position > beginning ? replay.position : beginning;
    const last = policy.endMs === undefined ? undefined : sequenceBefore(policy.endMs + 1);
    const page = await archive.read(topicArn, after, last, replayPage);
    if (page.length > 0) {
      await store.advance(subscription, page.at(-1)!.sequenceNumber!, this.#deliveriesOf(page, subscription));
      this.#state.deliveryBell.ring();
      return 0;
    }
    // What is published from now on is past the end.
    const hasCaughtUp = policy.endMs === undefined || nowMs > policy.endMs;
    if (!hasCaughtUp) return policy.endMs! + 1 - nowMs;
    await store.complete(subscription, after, last);
    return 0;
  }

  #deliveriesOf(page: readonly Message[], subscription: Subscription): Statement[] {
    const { ids } = this.#state;
    return page
      .filter((message) => wants(this.#state, subscription, message))
      .flatMap((message) => {
        // Its own id is that of the message as it was published, which may still be on its way to others.
        const id = ids.uuid();
        const row = deliveryRow(this.#state, { ...message, id }, subscription, message.sequenceNumber!);
        return keepMessage({ ...message, isReplayed: true }, [row], id);
      });
  }
}
