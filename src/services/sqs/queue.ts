import { queueArn, type QueueAddress } from "./queue-address.ts";
import { type QueueAttributes, type QueueSettings, readSettings } from "./queue-settings.ts";
import type { QueueRow } from "./store/tables.ts";

/** What is known of a queue besides its messages. Never changed: a change makes another. */
export interface Queue {
  id: string;
  address: QueueAddress;
  arn: string;
  /** Where its messages stand; purging gives it another one. */
  shelfId: string;
  /** Those that were set. */
  attributes: QueueAttributes;
  settings: QueueSettings;
  tags: Readonly<Record<string, string>>;
  createdMs: number;
  modifiedMs: number;
  purgedMs: number;
}

export function queueOf(row: QueueRow): Queue {
  const address = { accountId: row.account_id, region: row.region, name: row.name };
  const attributes = JSON.parse(row.attributes) as QueueAttributes;
  return {
    id: row.id,
    address,
    arn: queueArn(address),
    shelfId: row.shelf_id,
    attributes,
    settings: readSettings(attributes),
    tags: JSON.parse(row.tags) as Record<string, string>,
    createdMs: row.created_ms,
    modifiedMs: row.modified_ms,
    purgedMs: row.purged_ms,
  };
}

export const rowOf = (queue: Queue): QueueRow => ({
  id: queue.id,
  account_id: queue.address.accountId,
  region: queue.address.region,
  name: queue.address.name,
  shelf_id: queue.shelfId,
  attributes: JSON.stringify(queue.attributes),
  tags: JSON.stringify(queue.tags),
  created_ms: queue.createdMs,
  modified_ms: queue.modifiedMs,
  purged_ms: queue.purgedMs,
});
