import { sleep, type Timer } from "#kit/clock.ts";
import type { Loop } from "#wire/service.ts";
import { type Attempt, bodyOf, deliver } from "../delivery/deliver.ts";
import { type DeliveryFailure, failureOf } from "../delivery/outcome.ts";
import { sendToQueue } from "../delivery/queue.ts";
import { Throttle } from "../delivery/throttle.ts";
import { effectiveHttpPolicy, httpRetryDelayMs, ownRetryDelayMs } from "../delivery-policy.ts";
import { deadLetterRetryMs, runningDeliveries, runningDeliveriesPerSubscriber } from "../limits.ts";
import type { SnsState } from "../state.ts";
import type { Delivery } from "../store/deliveries.ts";
import { deadLetterArn, isHttp } from "../subscription.ts";

const unsettledPauseMs = 1_000;
const gatheringMs = 5;

/** Brings what was accepted to its subscribers. */
export function deliveries(state: SnsState): Loop {
  return { start: () => new Deliveries(state) };
}

class Deliveries implements AsyncDisposable {
  readonly #state: SnsState;
  /** By delivery id; the value settles when the delivery is done or postponed. */
  readonly #running = new Map<string, { subscriptionArn: string; done: Promise<void> }>();
  #timer: Timer | undefined;
  #soon: Timer | undefined;
  #isLooking = false;
  #shallLookAgain = false;
  /** Whether more was due, when it was looked last, than could be begun. */
  #isMoreDue = false;
  readonly #throttle = new Throttle();
  readonly #stop = new AbortController();

  constructor(state: SnsState) {
    this.#state = state;
    state.deliveryBell.listen(() => this.#look());
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    this.#soon?.cancel();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #look(): void {
    if (this.#isLooking || this.#stop.signal.aborted) {
      this.#shallLookAgain = true;
      return;
    }
    this.#isLooking = true;
    this.#soon?.cancel();
    this.#soon = undefined;
    this.#startDue()
      .catch((error: unknown) => this.#state.log.error("deliveries of topics could not be read", { error }))
      .finally(() => {
        this.#isLooking = false;
        if (this.#shallLookAgain && !this.#stop.signal.aborted) {
          this.#shallLookAgain = false;
          this.#look();
        }
      });
  }

  async #startDue(): Promise<void> {
    const { deliveries: store, clock } = this.#state;
    this.#isMoreDue = true;
    if (this.#running.size >= runningDeliveries) return;
    const nowMs = clock.now();
    const counts = new Map<string, number>();
    for (const { subscriptionArn } of this.#running.values()) counts.set(subscriptionArn, (counts.get(subscriptionArn) ?? 0) + 1);
    // One slow subscriber shall not keep the others waiting.
    const throttled = this.#throttle.fullAt(nowMs);
    const busy = [...counts].filter(([, count]) => count >= runningDeliveriesPerSubscriber).map(([arn]) => arn);
    busy.push(...throttled.arns);
    // Those that run are still on disk, so as many more are asked for.
    const limit = runningDeliveries + this.#running.size;
    const due = await store.due(nowMs, limit, busy);
    let isMoreDue = due.length >= limit || busy.length > 0;
    for (const delivery of due) {
      if (this.#stop.signal.aborted || this.#running.size >= runningDeliveries) return;
      const count = counts.get(delivery.subscriptionArn) ?? 0;
      if (this.#running.has(delivery.id)) continue;
      if (count >= runningDeliveriesPerSubscriber) {
        this.#shallLookAgain ||= !busy.includes(delivery.subscriptionArn);
        isMoreDue = true;
        continue;
      }
      counts.set(delivery.subscriptionArn, count + 1);
      this.#start(delivery);
    }
    this.#isMoreDue = isMoreDue;
    const nextDueMs = (await store.nextDueMs(nowMs)) ?? Number.POSITIVE_INFINITY;
    const nextLookMs = throttled.arns.length === 0 ? nextDueMs : Math.min(nextDueMs, throttled.untilMs);
    this.#timer?.cancel();
    if (nextLookMs === Number.POSITIVE_INFINITY || this.#stop.signal.aborted) return;
    this.#timer = clock.after(nextLookMs - clock.now(), () => this.#look());
  }

  #start(delivery: Delivery): void {
    const done = this.#run(delivery)
      .catch((error: unknown) => {
        this.#state.log.error("a delivery could not be settled", { id: delivery.id, error });
        // It is due still, and what is in the way (a full disk?) will not be gone at once.
        return sleep(this.#state.clock, unsettledPauseMs, this.#stop.signal).then(
          () => false,
          () => false,
        );
      })
      .then((isDelivered) => {
        this.#running.delete(delivery.id);
        // Of a lane, the next is due now.
        if (!isDelivered || delivery.lane !== delivery.id) this.#look();
        else if (this.#isMoreDue) this.#lookSoon();
      });
    this.#running.set(delivery.id, { subscriptionArn: delivery.subscriptionArn, done });
  }

  /** To look after each delivery would take longer than to deliver: so others are let finish too, unless they are slow. */
  #lookSoon(): void {
    if (this.#running.size === 0) return this.#look();
    this.#soon ??= this.#state.clock.after(gatheringMs, () => this.#look());
  }

  /** Resolves with whether it was brought there; if not, it is due later or again. */
  async #run(delivery: Delivery): Promise<boolean> {
    const { deliveries: store } = this.#state;
    const attempt = await this.#find(delivery);
    if (attempt === undefined) {
      await store.finish(delivery);
      return true;
    }
    // It stays due; the next look, which comes at once, leaves its subscriber out until the second is over.
    if (!this.#throttle.admits(delivery.subscriptionArn, perSecondOf(attempt), this.#state.clock.now())) return false;
    try {
      await deliver(this.#state, attempt);
      await store.finish(delivery);
      return true;
    } catch (error) {
      await this.#settle(attempt, failureOf(error));
      return false;
    }
  }

  /** Undefined if the subscription is gone, and with it whoever would get the message. */
  async #find(delivery: Delivery): Promise<Attempt | undefined> {
    const { deliveries: store, subscriptions, topics } = this.#state;
    const message = await store.message(delivery.messageId);
    if (message === undefined) return undefined;
    const [topic, subscription] = await Promise.all([
      topics.find(message.topicArn),
      // Who is told that his subscription has ended has none any more.
      message.type === "UnsubscribeConfirmation"
        ? subscriptions.findToken(message.topicArn, message.token!)
        : subscriptions.find(delivery.subscriptionArn),
    ]);
    return topic && subscription && { delivery, message, subscription, topic };
  }

  async #settle(attempt: Attempt, failure: DeliveryFailure): Promise<void> {
    const { delivery, subscription } = attempt;
    const { deliveries: store, clock, log } = this.#state;
    const delayMs = failure.isFinal ? undefined : retryDelayMs(attempt);
    if (delayMs !== undefined) return store.postpone(delivery.id, delivery.attempt + 1, clock.now() + delayMs);
    const { RedrivePolicy } = subscription.attributes;
    if (RedrivePolicy === undefined || attempt.message.type !== "Notification") {
      log.warn("a message of a topic was given up", { subscription: subscription.arn, reason: failure.message });
      return store.finish(delivery);
    }
    try {
      await sendToQueue(this.#state, deadLetterArn(RedrivePolicy)!, attempt.message, subscription, await bodyOf(this.#state, attempt));
      await store.finish(delivery);
    } catch (error) {
      const last = failureOf(error);
      log.warn("a message of a topic did not reach its dead letter queue", { subscription: subscription.arn, reason: last.message });
      if (last.isFinal) return store.finish(delivery);
      await store.postpone(delivery.id, delivery.attempt, clock.now() + deadLetterRetryMs);
    }
  }
}

function perSecondOf({ subscription, topic }: Attempt): number | undefined {
  if (!isHttp(subscription)) return undefined;
  return effectiveHttpPolicy(topic.attributes.DeliveryPolicy, subscription.attributes.DeliveryPolicy).perSecond;
}

function retryDelayMs({ delivery, subscription, topic }: Attempt): number | undefined {
  if (!isHttp(subscription)) return ownRetryDelayMs(delivery.attempt);
  const { retries } = effectiveHttpPolicy(topic.attributes.DeliveryPolicy, subscription.attributes.DeliveryPolicy);
  return httpRetryDelayMs(retries, delivery.attempt);
}
