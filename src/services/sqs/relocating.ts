/** Messages that go from one queue to another: as dead letters, or back. Their content never leaves the disk. */
import { RowCountMismatch } from "#storage/database.ts";
import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import type { Sequences } from "./sequences.ts";
import type { MessageStore, Move } from "./store/messages.ts";
import { lanes, type MessageRow } from "./store/tables.ts";

interface Parts {
  messages: MessageStore;
  sequences: Sequences;
}

/** What becomes of a message on its way besides having a new place and no receives: in the index, and on disk. */
export interface Change {
  entry: Partial<Pick<Entry, "messageId" | "sentMs" | "earlierReceives" | "firstReceivedMs" | "deadLetterSource">>;
  row: Partial<MessageRow>;
}

/** `entries` were taken from `source`. Those that are deleted at this very moment are left out: their consumer has done its work. */
export async function relocate(
  parts: Parts,
  source: LiveQueue,
  target: LiveQueue,
  entries: readonly Entry[],
  changeOf: (entry: Entry) => Change,
): Promise<void> {
  await target.use(() => source.use(() => move(parts, source, target, entries, changeOf)));
}

async function move(
  parts: Parts,
  source: LiveQueue,
  target: LiveQueue,
  entries: readonly Entry[],
  changeOf: (entry: Entry) => Change,
): Promise<void> {
  const { shelfId } = target.queue;
  const arrivals: Entry[] = [];
  const moves: Move[] = [];
  for (const entry of entries) {
    const change = changeOf(entry);
    const sequence = parts.sequences.next();
    const place = { sequence, shelf_id: shelfId, lane: lanes.fresh, due_ms: 0 };
    moves.push({ sequence: entry.sequence, to: { ...place, receive_count: 0, received_ms: null, receipt: null, ...change.row } });
    arrivals.push({ ...entry, sequence, lane: lanes.fresh, place: "ready", receiveCount: 0, receipt: undefined, ...change.entry });
  }
  try {
    await parts.messages.move(moves);
  } catch (error) {
    if (!(error instanceof RowCountMismatch)) throw error;
    if (entries.length > 1) for (const entry of entries) await move(parts, source, target, [entry], changeOf);
    else source.gone(entries);
    return;
  }
  source.gone(entries);
  target.arrived(shelfId, arrivals, false);
}
