/** Replays are begun and ended by setting or clearing a subscription's ReplayPolicy; loops/replays.ts carries them out. */
import type { Statement } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import type { Place } from "./arns.ts";
import { runningReplays } from "./limits.ts";
import { type Replay, readReplayPolicy } from "./replay-policy.ts";
import { sequenceBefore } from "./sequences.ts";
import type { SnsState } from "./state.ts";
import { replaySet } from "./store/replays.ts";
import type { Subscription } from "./subscription.ts";

/** The replay that attributes ask for, not begun yet; undefined if they ask for none. Throws ReplayLimitExceeded. */
export async function newReplay(
  { replays }: Pick<SnsState, "replays">,
  { ReplayPolicy }: Subscription["attributes"],
  place: Place,
): Promise<Replay | undefined> {
  const policy = ReplayPolicy === undefined ? undefined : readReplayPolicy(ReplayPolicy);
  if (policy === undefined) return undefined;
  if ((await replays.countRunning(place)) >= runningReplays) {
    // The name is AWS's, the words are ours.
    throw new AwsError("ReplayLimitExceededException", "Limit exceeded: Too many message replays are running.");
  }
  return { status: "Pending", position: sequenceBefore(policy.startMs) };
}

/** What a subscription whose ReplayPolicy was set is written together with. */
export const replayChange = async (state: Pick<SnsState, "replays">, subscription: Subscription): Promise<Statement[]> =>
  replaySet(subscription, await newReplay(state, subscription.attributes, subscription));
