/** What the pool knows of an execution environment, and environments of the pool. */
import type { EnvironmentSpec, InvocationOutcome, InvocationRequest } from "./contract.ts";
import type { SnapshotImage } from "./environment-parts.ts";
import type { Failure } from "./failures.ts";
import type { InitialisationType } from "./initialisation.ts";

/** What the pool needs of an execution environment. */
export interface PoolMember {
  /** Epoch milliseconds from which on another one shall serve. */
  readonly replaceAtMs: number;
  /** Whether an invocation finds it ready: not so after a failed initialisation, a crash or a timeout. */
  readonly isInitialised: boolean;
  /** Of a function with SnapStart: whether it waits at its snapshot. */
  readonly isCheckpointed: boolean;
  /** What others can be made of, if it was captured there. */
  readonly image?: SnapshotImage | undefined;
  /** Resolves when that is over, with what went wrong. */
  initialise(): Promise<Failure | undefined>;
  /** Goes on from the snapshot. Rejects with `SandboxFailure`, and is of no use then. */
  restore(): Promise<void>;
  invoke(request: InvocationRequest): Promise<InvocationOutcome>;
  stop(): Promise<void>;
}

/** What an environment tells the pool. */
export interface MemberEvents {
  /** The caller has its answer; the environment will be free as soon as the last log lines are gone. */
  onAnswered(): void;
  onFree(): void;
  /** It ended while it was free: the next invocation will have to initialise it again. */
  onLost(): void;
}

/** Makes an environment, of the image if there is one. Rejects only with `SandboxFailure`. */
export type CreateMember = (
  spec: EnvironmentSpec,
  events: MemberEvents,
  initialisation: InitialisationType,
  image?: SnapshotImage,
) => Promise<PoolMember>;

/** Whether the machine has room for more environments, where it can be asked. */
export interface Room {
  /** See `MemoryBudget`. */
  hasRoomFor(moreCount: number, readyCount: number): boolean;
}

/** The place of one environment in the pool. */
export interface Entry {
  /** Of the spec. */
  key: string;
  /** Where it waits when it is free: a shelf per spec and, with tenants, per tenant. */
  shelf: string;
  /** Absent while it is being created. */
  member: PoolMember | undefined;
  /** Of its Init phase. */
  initFailure?: Failure | undefined;
  /** Whose it is, if it was made ready before it was needed. */
  provision: ProvisionOfEntry | undefined;
  /** It lies on a shelf. */
  isIdle: boolean;
  /** Ended as soon as it is free. */
  isRetired: boolean;
  isEnding: boolean;
  /** Between answer and free. */
  isConcluding: boolean;
  idleSinceMs: number;
  gone: PromiseWithResolvers<void>;
}

/** What those that are ready before they are needed belong to. */
export interface ProvisionOfEntry {
  /** What is its own lies on no shelf, and makes room for all others. */
  readonly yields?: boolean;
  /** It is being ended, whoever wanted that. */
  left(entry: Entry): void;
  /** It crashed, and is of no use any more. */
  lost(entry: Entry): void;
}
