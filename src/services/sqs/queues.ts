/**
 * Which queues there are. Those in use are kept with the index of their messages; whatever changes a queue goes through here, so that
 * the index and the disk agree.
 */
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import { UniqueViolation } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { queueDoesNotExist } from "./errors.ts";
import { maxLiveQueues, nameReuseMs, purgeIntervalMs } from "./limits.ts";
import { LiveQueue } from "./live-queue.ts";
import { type Queue, queueOf, rowOf } from "./queue.ts";
import { addressOfArn, addressOfUrl, type QueueAddress, queueArn } from "./queue-address.ts";
import { type QueueAttributes, readSettings } from "./queue-settings.ts";
import type { MessageStore } from "./store/messages.ts";
import type { QueueStore } from "./store/queues.ts";
import type { Tags } from "./tags.ts";

interface Parts {
  clock: Clock;
  ids: Ids;
  store: QueueStore;
  messages: MessageStore;
}

export class Queues {
  readonly #parts: Parts;
  /** By ARN, the one that was used last at the end. */
  readonly #live = new Map<string, Promise<LiveQueue>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The queue that a QueueUrl names, whatever its host. Rejects with InvalidAddress, QueueDoesNotExist. */
  async atUrl(url: string, region: string): Promise<LiveQueue> {
    return this.open(addressOfUrl(url, region));
  }

  /** Undefined if there is none, or if it is no queue's ARN. */
  async atArn(arn: string): Promise<LiveQueue | undefined> {
    const address = addressOfArn(arn);
    return address && this.find(address);
  }

  async open(address: QueueAddress): Promise<LiveQueue> {
    const live = await this.find(address);
    if (live === undefined) throw queueDoesNotExist();
    return live;
  }

  async find(address: QueueAddress): Promise<LiveQueue | undefined> {
    const arn = queueArn(address);
    const known = this.#live.get(arn);
    if (known !== undefined) {
      this.#live.delete(arn);
      this.#live.set(arn, known);
      const live = await known;
      live.lastFoundMs = this.#parts.clock.now();
      return live;
    }
    const row = await this.#parts.store.find(address);
    return row && this.#keep(queueOf(row));
  }

  /** The queue if it is in use now. */
  inUseAt(arn: string): Promise<LiveQueue> | undefined {
    return this.#live.get(arn);
  }

  /** Rejects with QueueNameExists if somebody was faster, with QueueDeletedRecently. */
  async create(address: QueueAddress, attributes: QueueAttributes, tags: Tags): Promise<LiveQueue> {
    const { clock, ids, store } = this.#parts;
    const deletedMs = await store.deletedMs(address);
    if (deletedMs !== undefined && clock.now() - deletedMs < nameReuseMs) {
      throw new AwsError(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
      );
    }
    const nowMs = clock.now();
    const queue: Queue = {
      id: ids.uuid(),
      address,
      arn: queueArn(address),
      shelfId: ids.uuid(),
      attributes,
      settings: readSettings(attributes),
      tags,
      createdMs: nowMs,
      modifiedMs: nowMs,
      purgedMs: 0,
    };
    try {
      await store.create(rowOf(queue));
    } catch (error) {
      if (error instanceof UniqueViolation) return this.open(address);
      throw error;
    }
    return this.#keep(queue);
  }

  /** Rejects with QueueDoesNotExist, and with what `change` throws. */
  async changeAttributes(live: LiveQueue, change: (queue: Queue) => QueueAttributes | Promise<QueueAttributes>): Promise<void> {
    await this.#change(live, async () => {
      const attributes = await change(live.queue);
      const modifiedMs = this.#parts.clock.now();
      await this.#parts.store.update(live.queue.id, { attributes: JSON.stringify(attributes), modified_ms: modifiedMs });
      live.queue = { ...live.queue, attributes, settings: readSettings(attributes), modifiedMs };
      live.wakeAll();
    });
  }

  /** Rejects with QueueDoesNotExist, and with what `change` throws. */
  async changeTags(live: LiveQueue, change: (tags: Tags) => Tags): Promise<void> {
    await this.#change(live, async () => {
      const tags = change(live.queue.tags);
      await this.#parts.store.update(live.queue.id, { tags: JSON.stringify(tags) });
      live.queue = { ...live.queue, tags };
    });
  }

  /** Rejects with PurgeQueueInProgress, QueueDoesNotExist. */
  async purge(live: LiveQueue): Promise<void> {
    const { clock, ids, store } = this.#parts;
    await this.#change(live, async () => {
      const { id, address, shelfId, purgedMs } = live.queue;
      const nowMs = clock.now();
      if (nowMs - purgedMs < purgeIntervalMs) {
        throw new AwsError("PurgeQueueInProgress", `Only one PurgeQueue operation on ${address.name} is allowed every 60 seconds.`);
      }
      const newShelfId = ids.uuid();
      await store.purge(id, shelfId, newShelfId, nowMs);
      live.clear({ ...live.queue, shelfId: newShelfId, purgedMs: nowMs });
    });
  }

  // DIVERGES: AWS takes up to a minute, in which the queue may still be used.
  async delete(live: LiveQueue): Promise<void> {
    await this.#change(live, async () => {
      await this.#parts.store.delete(rowOf(live.queue), this.#parts.clock.now());
      this.#live.delete(live.queue.arn);
      live.end();
    });
  }

  /** Receives that wait look up, and see that they shall end. */
  async wakeAll(): Promise<void> {
    for (const opening of this.#live.values()) (await opening.catch(() => undefined))?.wakeAll();
  }

  /** One after the other, each from where the last has left the queue. */
  #change(live: LiveQueue, action: () => Promise<void>): Promise<void> {
    return live.changes.run(() => {
      if (live.hasEnded) throw queueDoesNotExist();
      return live.use(action);
    });
  }

  #keep(queue: Queue): Promise<LiveQueue> {
    const { arn } = queue;
    const known = this.#live.get(arn);
    if (known !== undefined) return known;
    const opening = LiveQueue.open(queue, this.#parts.messages, this.#parts.clock);
    this.#live.set(arn, opening);
    opening.catch(() => this.#live.delete(arn));
    if (this.#live.size > maxLiveQueues) void this.#makeRoom();
    return opening;
  }

  /** Forgets the index of the queue that has been idle longest. */
  async #makeRoom(): Promise<void> {
    for (const [arn, opening] of this.#live) {
      const live = await opening.catch(() => undefined);
      if (live !== undefined && !live.isIdle) continue;
      if (this.#live.get(arn) === opening) this.#live.delete(arn);
      return;
    }
  }
}
