/** How long a FIFO topic keeps what was published: https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html */
import { invalidParameter } from "./errors.ts";
import { archiveDays } from "./limits.ts";
import type { Topic } from "./topic.ts";

const dayMs = 86_400_000;

/** Days, or undefined for the empty policy, which ends archiving. Throws InvalidParameter. */
export function readArchivePolicy(text: string): number | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter("ArchivePolicy: failed to parse JSON.");
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy))
    throw invalidParameter("ArchivePolicy: must be a JSON object");
  const [first, ...others] = Object.entries(policy as Record<string, unknown>);
  if (first === undefined) return undefined;
  const [name, value] = first;
  if (name !== "MessageRetentionPeriod" || others.length > 0)
    throw invalidParameter("ArchivePolicy: must contain MessageRetentionPeriod and nothing else");
  // AWS's examples write the number as a text.
  const days = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
  if (typeof days !== "number" || !Number.isInteger(days) || days < archiveDays.least || days > archiveDays.most) {
    throw invalidParameter(
      `ArchivePolicy: MessageRetentionPeriod must be a whole number of days from ${archiveDays.least} to ${archiveDays.most}`,
    );
  }
  return days;
}

/** The earliest time from which messages are there; undefined if the topic archives none. */
export function beginningOfArchive({ attributes, archivedSinceMs }: Topic, nowMs: number): number | undefined {
  const days = readArchivePolicy(attributes.ArchivePolicy ?? "{}");
  if (days === undefined || archivedSinceMs === undefined) return undefined;
  return Math.max(archivedSinceMs, nowMs - days * dayMs);
}
