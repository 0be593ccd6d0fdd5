import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Eventual } from "#kit/eventual.ts";
import type { Log } from "#kit/log.ts";
import type { AuthorizationRequest } from "./auth/ports.ts";
import type { Calls } from "./calls.ts";
import type { AwsError } from "./errors.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import type { Principal } from "./principal.ts";

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
  /** The input member that the path of a request stands for where the form does not name it (a queue's own URL); awsQuery only. */
  pathMember?: string;
  /** Texts that differ from those of the other protocol, by the error's code; awsQuery only. */
  queryMessages?: Readonly<Record<string, string>>;
  /** Content type of answers whose payload is a blob; restJson1 only. */
  payloadContentType?: string;
  /** Code of the error that refuses an invalid input; ValidationException where the service does not say otherwise. */
  validationErrorCode?: string;
  /** The error for a required member that is missing, where the service has one of its own; `name` as modelled. */
  missingMember?: (name: string) => AwsError;
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

/** Loads what makes a part of a service, when the service is opened: a start of the product waits for none of it. */
export type Loader<Input, Part> = () => Promise<Maker<Input, Part>["make"]>;

/** A method, because the parameters of methods are compared both ways: services of all kinds of state have their place where any service has. */
interface Maker<Input, Part> {
  make(input: Input): Part;
}

export interface ServiceDefinition<State = unknown, Ports = unknown> {
  /** The folder under services/, and the name in `calls`. */
  name: string;
  model: ServiceModel;
  /** Loads what opens the store and builds whatever handlers share: `async () => (await import("./state.ts")).openSts`. */
  open: Loader<ServiceDependencies & Ports, Promise<State> | State>;
  /** The service's folder, `import.meta.dirname`: operations/ and not-implemented.txt are found there. */
  folder: string;
  /** One that has nothing to do with the settings of this start is undefined. */
  loops?: ReadonlyArray<Loader<State, Loop | undefined>>;
  doors?: ReadonlyArray<Loader<State, Door>>;
  /** Hosts (lower-case, with or without a port) under which nothing is reached but the first of the doors. */
  doorHosts?: RegExp;
}

/** A way into a service besides its modelled operations: downloads, function URLs, websites. The gateway mounts it. */
export interface Door {
  /** Requests whose path begins so come here, unauthenticated: a door sees to its own admission. */
  pathPrefix: string;
  handle(request: HttpRequest, visit: Visit): Promise<HttpResponse> | HttpResponse;
}

/** What a door may ask about a request whose head it was handed; the body is still to come. */
export interface Visit {
  readonly requestId: string;
  /** Host header, lower-case, with the port. */
  readonly host: string;
  readonly isSecure: boolean;
  /** `HTTP/1.1` */
  readonly protocol: string;
  readonly sourceIp: string;
  /** Aborted when the client goes away or has its answer. */
  readonly signal: AbortSignal;
  /** The whole body. Throws, or rejects with, `tooLarge()`'s error beyond the limit. */
  readBody(limitBytes: number, tooLarge: () => AwsError): Eventual<Buffer>;
  /** Who signed the request, for this service; undefined if it is not signed. Throws, or rejects, if the signature does not hold. */
  identify(signingName: string, body: Buffer): Eventual<Visitor | undefined>;
  /** Throws, or rejects, unless the principal may do this. */
  authorize(request: AuthorizationRequest): Eventual<void>;
}

export interface Visitor {
  principal: Principal;
  accessKeyId: string;
  /** The region the request was signed for. */
  region: string;
}

/** Types a service's definition; the value is the argument itself. */
export function service<State, Ports = unknown>(definition: ServiceDefinition<State, Ports>): ServiceDefinition<State, Ports> {
  return definition;
}
