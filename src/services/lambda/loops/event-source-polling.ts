/**
 * Reads the sources of the event source mappings that are enabled: one poller each, begun and ended as the mappings change state. Where
 * sources are read from is theirs to remember, so a crash loses nothing.
 */
import type { Loop } from "#wire/service.ts";
import { type Mapping, mappingArn } from "../event-sources/mapping.ts";
import { QueuePoller } from "../event-sources/polling/queue-poller.ts";
import { SqsSource } from "../event-sources/polling/sqs-source.ts";
import { isQueue } from "../event-sources/source.ts";
import type { LambdaState } from "../state.ts";

/** Mappings that are read from disk together at the start. */
const pageSize = 500;

export function eventSourcePolling(state: LambdaState): Loop {
  return { start: () => new EventSourcePolling(state) };
}

class EventSourcePolling implements AsyncDisposable {
  readonly #state: LambdaState;
  readonly #pollers = new Map<string, { revision: number; poller: AsyncDisposable }>();
  /** Pollers that end. */
  readonly #ending = new Set<Promise<void>>();
  readonly #started: Promise<void>;
  #isStopped = false;

  constructor(state: LambdaState) {
    this.#state = state;
    state.pollingBell.listen((mapping) => this.#follow(mapping));
    this.#started = this.#startAll().catch((error: unknown) => state.log.error("event source mappings could not be read", { error }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#started;
    for (const key of this.#pollers.keys()) this.#end(key);
    await Promise.all(this.#ending);
  }

  async #startAll(): Promise<void> {
    for (let afterUuid = ""; ;) {
      const page = await this.#state.mappings.all(afterUuid, pageSize);
      for (const mapping of page) this.#follow(mapping);
      if (page.length < pageSize) return;
      afterUuid = page.at(-1)!.uuid;
    }
  }

  /** Does what the state of a mapping asks for. */
  #follow(mapping: Mapping): void {
    if (this.#isStopped) return;
    const key = mappingArn(mapping);
    const current = this.#pollers.get(key);
    // At the start a mapping may come twice: from the disk, and because it has just changed.
    if (current !== undefined && current.revision >= mapping.revision) return;
    const isRead = mapping.state === "Enabled" || (mapping.state === "Updating" && mapping.isEnabled);
    if (current !== undefined && mapping.state === "Updating" && isRead) return;
    this.#end(key);
    if (isRead && isQueue(mapping.kind)) this.#begin(key, mapping);
  }

  #begin(key: string, mapping: Mapping): void {
    const poller = new QueuePoller(this.#state, mapping, new SqsSource(this.#state.sqs, mapping));
    this.#pollers.set(key, { revision: mapping.revision, poller });
  }

  #end(key: string): void {
    const current = this.#pollers.get(key);
    if (current === undefined) return;
    this.#pollers.delete(key);
    const ending = Promise.resolve(current.poller[Symbol.asyncDispose]()).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
