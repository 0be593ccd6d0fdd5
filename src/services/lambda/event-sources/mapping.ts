/**
 * An event source mapping: Lambda reads a queue or a stream and calls a function with what it finds. Its states go the way AWS's do, from
 * one that says what is under way to one that says what is so. Pure; who calls brings the time and the ids.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
import type { Scope } from "../function-name.ts";
import { mappingTransitionMs } from "./limits.ts";
import type { Options } from "./rules.ts";
import type { SourceKind } from "./source.ts";

export interface Mapping extends Scope {
  uuid: string;
  kind: SourceKind;
  /** Absent for self-managed clusters. */
  sourceArn?: string;
  /** As the caller qualified it. */
  functionArn: string;
  options: Options;
  /** Whether it shall read when it has settled. */
  isEnabled: boolean;
  state: "Creating" | "Enabling" | "Enabled" | "Disabling" | "Disabled" | "Updating" | "Deleting";
  /** Epoch milliseconds of the last change, by a user or of the state. */
  modifiedMs: number;
  /** When what is under way is done; absent when nothing is. */
  settlesMs?: number;
  /** Goes up with every write. */
  revision: number;
}

export const mappingArn = ({ accountId, region, uuid }: Pick<Mapping, "accountId" | "region" | "uuid">): string =>
  `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;

export function createdMapping(content: Omit<Mapping, "state" | "modifiedMs" | "settlesMs" | "revision">, nowMs: number): Mapping {
  return { ...content, state: "Creating", modifiedMs: nowMs, settlesMs: nowMs + mappingTransitionMs, revision: 0 };
}

export type MappingChange = Partial<Pick<Mapping, "functionArn" | "options" | "isEnabled">>;

/** A settled mapping on its way to what a user wants it to be. */
export function changedMapping(current: Mapping, change: MappingChange, nowMs: number): Mapping {
  const next = { ...current, ...change };
  const isSwitched = next.isEnabled !== current.isEnabled;
  const state = isSwitched ? (next.isEnabled ? "Enabling" : "Disabling") : "Updating";
  return underWay(next, state, nowMs);
}

export const deletedMapping = (current: Mapping, nowMs: number): Mapping => underWay(current, "Deleting", nowMs);

/** What a mapping becomes when its time has come; undefined when it is gone. */
export function settledMapping(current: Mapping, nowMs: number): Mapping | undefined {
  if (current.state === "Deleting") return undefined;
  const { settlesMs, ...rest } = current;
  return { ...rest, state: current.isEnabled ? "Enabled" : "Disabled", modifiedMs: nowMs, revision: current.revision + 1 };
}

function underWay(mapping: Mapping, state: Mapping["state"], nowMs: number): Mapping {
  return { ...mapping, state, modifiedMs: nowMs, settlesMs: nowMs + mappingTransitionMs, revision: mapping.revision + 1 };
}
