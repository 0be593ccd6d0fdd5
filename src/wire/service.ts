import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Log } from "#kit/log.ts";
import type { Calls } from "./calls.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** The protocols a request may arrive in; the answer leaves in the same one. */
export type ProtocolName = "restJson1" | "awsJson1_0" | "awsJson1_1" | "awsQuery";

/** What the SDK's schemas do not carry of a service's model (see docs/architecture.md, "Wire"). */
export interface ServiceModel {
  /** The SDK's client module, which carries the schemas: `() => import("@aws-sdk/client-sts")`. Loaded at first use. */
  sdk: () => Promise<object>;
  /** The service name in a SigV4 credential scope. */
  signingName: string;
  protocols: readonly [ProtocolName, ...ProtocolName[]];
  apiVersion: string;
  /** Namespace of the shapes: `com.amazonaws.sts`. */
  namespace: string;
  /** The part of `x-amz-target` before the dot; awsJson only. */
  targetPrefix?: string;
  /** xmlns of the answers; awsQuery only. */
  xmlNamespace?: string;
  /** Content type of answers whose payload is a blob; restJson1 only. */
  payloadContentType?: string;
  /** Code of the error that refuses an invalid input; ValidationException where the service does not say otherwise. */
  validationErrorCode?: string;
  /** Largest body this service takes, in bytes. */
  maximumBodyBytes?: number;
}

/** What every service may ask of the house. Whatever else it needs, it declares in its own `ports.ts`. */
export interface ServiceDependencies {
  clock: Clock;
  ids: Ids;
  log: Log;
  calls: Calls;
  /** The account that owns the root credentials. */
  accountId: string;
}

/** Work that a service does without being asked: pollers, sweepers. */
export interface Loop {
  start(): AsyncDisposable;
}

export interface ServiceDefinition<State = unknown, Ports = unknown> {
  /** The folder under services/, and the name in `calls`. */
  name: string;
  model: ServiceModel;
  /** Opens the store and builds whatever handlers share. */
  open(dependencies: ServiceDependencies & Ports): Promise<State> | State;
  /** The service's folder, `import.meta.dirname`: operations/ and not-implemented.txt are found there. */
  folder: string;
  loops?(state: State): readonly Loop[];
  doors?(state: State): readonly Door[];
}

/** A way into a service besides its modelled operations: downloads, function URLs, websites. The gateway mounts it. */
export interface Door {
  /** Requests whose path begins so come here, unauthenticated: a door sees to its own admission. */
  pathPrefix: string;
  handle(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
}

/** Types a service's definition; the value is the argument itself. */
export function service<State, Ports = unknown>(definition: ServiceDefinition<State, Ports>): ServiceDefinition<State, Ports> {
  return definition;
}
