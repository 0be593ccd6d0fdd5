import type { Socket } from "node:net";
import type { Clock } from "#kit/clock.ts";
import { deliveryTo } from "./destination.ts";
import { Subscriber } from "./subscriber.ts";
import type { Subscription, TelemetryApi } from "./subscription.ts";
import type { TelemetryEvent } from "./telemetry-event.ts";

/** Until initialisation is over everything is kept for those who may subscribe yet; what is beyond this is not. */
const maxBacklog = 10_000;
const maxBacklogBytes = 1024 * 1024;

/** Somebody has subscribed with one of the two APIs and now wants the other one, too. */
export class SubscribedElsewhere extends Error {
  constructor(api: TelemetryApi) {
    super(`the extension has subscribed by the ${api === "logs" ? "Logs" : "Telemetry"} API already`);
    this.name = "SubscribedElsewhere";
  }
}

/**
 * The telemetry of one run of an environment, for the extensions that subscribe: what Lambda does, what the function prints, what extensions
 * print. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
 */
export class Telemetry {
  #clock: Clock;
  #backlog: TelemetryEvent[] | undefined = [];
  #backlogBytes = 0;
  #subscribers = new Map<string, Subscriber>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it is worth the while to tell anything. */
  get isHeard(): boolean {
    return this.#backlog !== undefined || this.#subscribers.size > 0;
  }

  get isOpen(): boolean {
    return this.#backlog !== undefined;
  }

  tell(event: TelemetryEvent): void {
    if (this.#backlog && this.#backlog.length < maxBacklog && this.#backlogBytes < maxBacklogBytes) {
      this.#backlog.push(event);
      this.#backlogBytes += typeof event.record === "string" ? event.record.length : 256;
    }
    for (const subscriber of this.#subscribers.values()) subscriber.take(event);
  }

  /** Legal while open. Whoever subscribes again, changes the subscription. Throws `SubscribedElsewhere`. */
  subscribe(extension: string, subscription: Subscription, connect: (port: number) => Socket, isJson: boolean): void {
    const before = this.#subscribers.get(extension);
    if (before && before.subscription.api !== subscription.api) throw new SubscribedElsewhere(before.subscription.api);
    before?.close();
    const subscriber = new Subscriber(subscription, deliveryTo(subscription.destination, connect), this.#clock, isJson);
    this.#subscribers.set(extension, subscriber);
    for (const event of before ? [] : (this.#backlog ?? [])) subscriber.take(event);
  }

  /** Nobody can subscribe any more. */
  closeSubscriptions(): void {
    this.#backlog = undefined;
  }

  /** See `Subscriber.flush`. */
  async flush(): Promise<void> {
    await Promise.all([...this.#subscribers.values()].map((subscriber) => subscriber.flush()));
  }

  close(): void {
    this.#backlog = undefined;
    for (const subscriber of this.#subscribers.values()) subscriber.close();
  }
}
