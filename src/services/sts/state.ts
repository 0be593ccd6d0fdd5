import type { IAM } from "@aws-sdk/client-iam";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { SessionIssuer } from "#wire/auth/session-token.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import type { StsPorts } from "./ports.ts";

/** What the operations of this service share. */
export interface StsState {
  clock: Clock;
  ids: Ids;
  sessions: SessionIssuer;
  iam: Pick<CallsOf<IAM>, "getRole">;
}

export type StsOperation<Input, Output> = Operation<Input, Output, StsState>;

export function openSts({ clock, ids, calls, sessions }: ServiceDependencies & StsPorts): StsState {
  return { clock, ids, sessions, iam: callsOf<IAM>(calls, "iam") };
}
