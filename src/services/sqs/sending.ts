/** From an accepted message to the disk, and on to whoever waits for it. */
import { UniqueViolation } from "#storage/database.ts";
import type { RequestContext } from "#wire/operation.ts";
import { deduplicationMs } from "./limits.ts";
import type { LiveQueue } from "./live-queue.ts";
import type { NewMessage } from "./message.ts";
import { writeAttributes } from "./message-attributes.ts";
import { type Entry, entryOf } from "./order/entry.ts";
import type { SqsState } from "./state.ts";
import { type DeduplicationRow, lanes, type MessageRow } from "./store/tables.ts";

export interface Sent {
  messageId: string;
  sequence: number;
}

/** Of a request, what stays with its messages. */
export type Sender = Pick<RequestContext, "principal" | "traceHeader">;

/** How often a send looks again when others used its deduplication id at the same moment. */
const maxAttempts = 5;

/** Resolves when all of them are on disk, with the duplicates' originals in place of duplicates. In the order of the messages. */
export function sendMessages(state: SqsState, live: LiveQueue, messages: readonly NewMessage[], sender: Sender): Promise<Sent[]> {
  return live.use(() => (live.queue.settings.isFifo ? sendOnce(state, live, messages, sender) : send(state, live, messages, sender)));
}

async function send(state: SqsState, live: LiveQueue, messages: readonly NewMessage[], sender: Sender): Promise<Sent[]> {
  const rows = messages.map((message) => newRow(state, live, message, sender));
  await add(state, live, rows, []);
  return rows.map(sentOf);
}

/** FIFO: messages whose deduplication id was used within five minutes are accepted and not added. */
async function sendOnce(state: SqsState, live: LiveQueue, messages: readonly NewMessage[], sender: Sender): Promise<Sent[]> {
  for (let attempt = 1; ; attempt++) {
    const nowMs = state.clock.now();
    const known = new Map<string, Sent>();
    for (const message of messages) {
      const scope = scopeOf(live, message);
      const original = await state.store.messages.findDuplicate(scope, message.deduplicationId!, nowMs);
      if (original) known.set(keyOf(live, message), { messageId: original.message_id, sequence: original.sequence });
    }
    const rows: MessageRow[] = [];
    const deduplications: DeduplicationRow[] = [];
    const sent = messages.map((message) => {
      const key = keyOf(live, message);
      const original = known.get(key);
      if (original) return original;
      const row = newRow(state, live, message, sender);
      rows.push(row);
      deduplications.push({
        scope: scopeOf(live, message),
        deduplication_id: message.deduplicationId!,
        message_id: row.message_id,
        sequence: row.sequence,
        expires_ms: nowMs + deduplicationMs,
      });
      known.set(key, sentOf(row));
      return sentOf(row);
    });
    if (rows.length === 0) return sent;
    try {
      await add(state, live, rows, deduplications);
      return sent;
    } catch (error) {
      if (!(error instanceof UniqueViolation) || attempt === maxAttempts) throw error;
    }
  }
}

const scopeOf = ({ queue }: LiveQueue, { groupId }: NewMessage): string =>
  queue.settings.deduplicatesByGroup ? `${queue.id} ${groupId}` : queue.id;

const keyOf = (live: LiveQueue, message: NewMessage): string => `${scopeOf(live, message)} ${message.deduplicationId}`;

const sentOf = ({ message_id, sequence }: MessageRow): Sent => ({ messageId: message_id, sequence });

function newRow(
  { clock, ids, sequences }: SqsState,
  { queue }: LiveQueue,
  message: NewMessage,
  { principal, traceHeader }: Sender,
): MessageRow {
  const { settings } = queue;
  const nowMs = clock.now();
  // A FIFO queue's delay counts when it is received: order/fifo-order.ts.
  const delayMs = settings.isFifo ? 0 : message.delaySeconds === undefined ? settings.delayMs : message.delaySeconds * 1_000;
  return {
    sequence: sequences.next(),
    shelf_id: queue.shelfId,
    lane: delayMs > 0 ? lanes.delayed : lanes.fresh,
    due_ms: delayMs > 0 ? nowMs + delayMs : 0,
    message_id: ids.uuid(),
    body: message.body,
    attributes: writeAttributes(message.attributes),
    trace_header: message.systemAttributes["AWSTraceHeader"]?.StringValue ?? traceHeader ?? null,
    sender_id: principal.kind === "service" ? principal.servicePrincipal : principal.userId,
    group_id: message.groupId ?? null,
    deduplication_id: message.deduplicationId ?? null,
    dead_letter_source: null,
    sent_ms: nowMs,
    receive_count: 0,
    earlier_receives: 0,
    first_received_ms: null,
    received_ms: null,
    receipt: null,
  };
}

/** The numbers of `rows` are fresh: nothing may be awaited between their making and this, so that the disk sees them in order. */
async function add(
  state: SqsState,
  live: LiveQueue,
  rows: readonly MessageRow[],
  deduplications: readonly DeduplicationRow[],
): Promise<void> {
  const { shelfId } = live.queue;
  await state.store.messages.add(rows, deduplications, state.clock.now());
  const entries: Entry[] = [];
  const delayed: Entry[] = [];
  for (const row of rows) (row.lane === lanes.delayed ? delayed : entries).push(entryOf(row));
  live.arrived(shelfId, entries, false);
  if (delayed.length > 0) live.arrived(shelfId, delayed, true);
}
