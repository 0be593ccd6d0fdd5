import type { Principal } from "./principal.ts";

/** What a handler knows of the request besides its input. */
export interface RequestContext<State = unknown> {
  /** What the service's `open` returned: its store, its ports, its limits. */
  state: State;
  /** The service's folder name, e.g. `lambda`. */
  service: string;
  /** As modelled, e.g. `CreateFunction`. */
  operation: string;
  requestId: string;
  accountId: string;
  /** The region the request was signed for. */
  region: string;
  principal: Principal;
  /** Origin under which the client reached us, e.g. `http://127.0.0.1:4566`: for URLs in answers. */
  endpoint: string;
  /** The X-Amzn-Trace-Id of the request: which chain of invocations it belongs to. Anybody may write anything into it. */
  traceHeader?: string | undefined;
  /** Aborted when the client goes away or the process stops. */
  signal: AbortSignal;
}

/**
 * A handler: gets input that is parsed and validated, returns the modelled output or throws an `AwsError`.
 * `Input` and `Output` are the SDK's own request and response types.
 */
export type Operation<Input, Output, State> = (input: Present<Input>, context: RequestContext<State>) => Promise<Output> | Output;

type Opaque = Uint8Array | Date | ((...args: never[]) => unknown) | { transformToByteArray(): unknown } | AsyncIterable<unknown>;

/**
 * The SDK types a required member as `key: T | undefined`, an optional one as `key?: T`. Validation has seen to the required
 * ones, at every depth, so handlers get them as `key: T`.
 */
export type Present<T> = T extends Opaque
  ? T
  : T extends ReadonlyArray<infer Item>
    ? Array<Present<Item>>
    : T extends object
      ? { [Key in keyof T]: Record<never, never> extends Pick<T, Key> ? Present<T[Key]> : Present<Exclude<T[Key], undefined>> }
      : T;
