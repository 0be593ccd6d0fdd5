/**
 * What of a topic's archive a subscription wants once more.
 * https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
 */
import { invalidParameter } from "./errors.ts";

/** As GetSubscriptionAttributes shows it: https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html */
export type ReplayStatus = "Pending" | "In progress" | "Completed" | "Failed";

/** How far a replay has come. */
export interface Replay {
  status: ReplayStatus;
  /** The sequence number up to which everything was taken from the archive. */
  position: string;
}

export const isRunning = (replay: Replay | undefined): boolean => replay?.status === "Pending" || replay?.status === "In progress";

export interface ReplayPolicy {
  startMs: number;
  /** Undefined: up to the newest message, and then on with what is published. */
  endMs: number | undefined;
}

const members = ["PointType", "StartingPoint", "EndingPoint"];
/** ISO 8601 in UTC, as AWS writes it. */
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Undefined for the empty policy, which ends a replay. `front` is what refusals begin with. Throws InvalidParameter. */
export function readReplayPolicy(text: string, front = ""): ReplayPolicy | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter(`${front}ReplayPolicy: failed to parse JSON.`);
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy))
    throw invalidParameter(`${front}ReplayPolicy: must be a JSON object`);
  const fields = policy as Record<string, unknown>;
  const names = Object.keys(fields);
  if (names.length === 0) return undefined;
  const unknown = names.find((name) => !members.includes(name));
  if (unknown !== undefined) throw invalidParameter(`${front}ReplayPolicy: has an unknown member ${unknown}`);
  if (fields.PointType !== "Timestamp") throw invalidParameter(`${front}ReplayPolicy: PointType must be Timestamp`);
  const startMs = timeOf(fields.StartingPoint, "StartingPoint", front);
  const endMs = fields.EndingPoint === undefined ? undefined : timeOf(fields.EndingPoint, "EndingPoint", front);
  if (endMs !== undefined && endMs <= startMs) throw invalidParameter(`${front}ReplayPolicy: EndingPoint must be after StartingPoint`);
  return { startMs, endMs };
}

function timeOf(value: unknown, name: string, front: string): number {
  const timeMs = typeof value === "string" && timestamp.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(timeMs)) throw invalidParameter(`${front}ReplayPolicy: ${name} must be a time like 2023-10-26T00:00:00.000Z`);
  return timeMs;
}
