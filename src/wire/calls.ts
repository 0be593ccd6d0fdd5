import type { Principal } from "./principal.ts";

/**
 * How one service reaches another: by its modelled operations, in process. A call passes the same chain as a request from the
 * network (authorise, validate, record) minus the bytes.
 */
export interface CallOptions {
  /** On whose behalf. A `service` principal may use reserved names and feeds no hooks again. */
  as: Principal;
  region: string;
  signal?: AbortSignal;
  /** As X-Amzn-Trace-Id of a request. */
  traceHeader?: string | undefined;
}

/** Untyped door behind the typed ones: `invoke("sts", "AssumeRole", {…}, { as, region })`. */
export interface Calls {
  invoke(service: string, operation: string, input: object, options: CallOptions): Promise<unknown>;
}

/** The last three overloads of a method of the SDK's aggregated client; `Result` is what the promise form resolves to. */
interface ClientMethod<Input, Result> {
  (args: Input, options?: never): Promise<Result>;
  (args: Input, callback: never): void;
  (args: Input, options: never, callback: never): void;
}

/**
 * The operations of a service as methods, typed by the SDK's aggregated client:
 * `type Sts = CallsOf<import("@aws-sdk/client-sts").STS>; await sts.assumeRole({…}, { as, region })`.
 */
export type CallsOf<Client> = {
  [
    Name in keyof Client as Client[Name] extends ClientMethod<infer _Input, infer _Result> ? Name : never
  ]: Client[Name] extends ClientMethod<infer Input, infer Result>
    ? (input: Input, options: CallOptions) => Promise<Omit<Result, "$metadata">>
    : never;
};

/** Binds `calls` to one service: each property is that operation, camelCase as in the SDK. */
export function callsOf<Client>(calls: Calls, service: string): CallsOf<Client> {
  const bound = new Map<string, unknown>();
  return new Proxy({} as CallsOf<Client> & object, {
    get(_target, name) {
      if (typeof name !== "string") return undefined;
      let method = bound.get(name);
      if (method === undefined) {
        const operation = name[0]!.toUpperCase() + name.slice(1);
        method = (input: object, options: CallOptions) => calls.invoke(service, operation, input, options);
        bound.set(name, method);
      }
      return method;
    },
  });
}
