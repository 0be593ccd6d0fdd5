/**
 * What Lambda needs of the sandbox, declared once. main.ts hands the real one to the lambda service; tests hand in a fake.
 * The sandbox knows functions, not AWS requests: it boots execution environments for an `EnvironmentSpec`, sends them
 * invocations, reads their logs, and ends them.
 */
export interface Sandbox extends AsyncDisposable {
  /**
   * Runs one invocation in a free environment of this spec, or in a new one. Resolves with the outcome whatever the function
   * did; rejects only with `SandboxBusy` or `SandboxFailure`. `finished` settles once the environment is free again and its log
   * lines have been handed to the sink: later than the answer, which the caller need not wait for.
   */
  invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome>;
  /**
   * Makes ready what the first environment of this spec will need: the unpacked package, the runtime's interpreter (which may have to
   * be fetched). Rejects with `SandboxFailure`. Calling it again costs nothing.
   */
  prepare(spec: EnvironmentSpec): Promise<void>;
  /**
   * From now on keeps so many environments of a spec initialised, used or not: they serve before all others, are replaced when they crash, and make
   * room for nobody. 0: none any more. Returns at once.
   */
  provision(spec: EnvironmentSpec, count: number): void;
  /** How far that has come. */
  provisioned(specKey: string): ProvisionState;
  /**
   * Initialises a function with SnapStart up to its snapshot, and keeps that, until the spec is retired, for the environments to come. Resolves when it is
   * there, or with why it is not; rejects with `SandboxFailure` if it is wanted no more. It is made again in the background when it was lost.
   */
  snapshot(spec: EnvironmentSpec): Promise<SnapshotFailure | undefined>;
  /**
   * Ends the environments of a spec as soon as they are free; those that run finish their invocation. Resolves when the last of
   * them is gone, and its code folder no longer in use. None is kept initialised any more.
   */
  retire(specKey: string): Promise<void>;
  /** Which driver runs, and what it isolates: for the start-up banner and `doctor`. */
  describe(): DriverDescription;
  /** Stops admitting, waits for running invocations up to `graceMs`, then ends every environment. */
  drain(graceMs: number): Promise<void>;
}

export interface ProvisionState {
  /** Environments that are initialised, or being initialised. */
  allocated: number;
  /** Environments that are initialised; some may be busy. */
  available: number;
  /** Why the last one could not be had, until all are there. It is tried again. */
  failure?: ProvisionFailure;
}

export interface ProvisionFailure {
  /** `init`: the function's own code failed; `busy`: a limit of this machine. */
  reason: "init" | "busy" | "internal";
  message: string;
}

export interface SnapshotFailure extends ProvisionFailure {
  /** Of the initialisation, as the log names it: `Sandbox.Timedout`. */
  errorType?: string;
}

export interface DriverDescription {
  name: string;
  /** One line for people: how environments come about, where there is a choice. */
  starts?: string;
  /** One line for people: what is kept apart from what. */
  isolation: string;
  isolates: boolean;
  /** What would make it better, one sentence each. */
  advice: string[];
}

/** Everything that makes an environment what it is. Equal keys share a pool; any change of code or configuration is a new key. */
export interface EnvironmentSpec {
  /** Unique per function version and revision. */
  key: string;
  accountId: string;
  region: string;
  functionName: string;
  /** `$LATEST` or a number. */
  functionVersion: string;
  /** As in the API: `nodejs22.x`. */
  runtime: string;
  /** Which build of it, for the log. */
  runtimeVersionArn: string;
  handler: string;
  architecture: "x86_64" | "arm64";
  /** Digest of the code package (a zip in the blob store), or of the image's manifest. */
  codeDigest: string;
  /** The code is a container image, of which something may be set otherwise; `runtime` and `handler` are empty then. */
  image?: ImageOverrides;
  /** Digests of the layers' packages in the order in which they are laid over each other on /opt. */
  layerDigests: readonly string[];
  memoryMb: number;
  timeoutMs: number;
  ephemeralStorageMb: number;
  /** Folders of this machine (absolute), and where under /mnt the function finds them. */
  fileSystems: readonly FileSystemMount[];
  /** The customer's environment variables. */
  variables: Readonly<Record<string, string>>;
  /** Base URL of this product as functions should see it, for AWS_ENDPOINT_URL. */
  endpointUrl: string;
  logging: { format: "Text" | "JSON"; group: string; applicationLevel?: string; systemLevel?: string };
  /**
   * Each environment goes through a snapshot before its first invocation, by way of the function's hooks, and most begin with one that was made before:
   * see `Sandbox.snapshot`.
   */
  hasSnapStart?: boolean;
  /** `AWS_XRAY_…` and the trace header: whether sampling is on. */
  tracing: "Active" | "PassThrough";
  /** Called with what the function sends to the X-Ray daemon: segment documents, of which nothing is known but that they are text. */
  takeSegments?: (documents: readonly string[]) => void;
  /** Called for each new environment: fresh session credentials of the function's role. */
  credentials: () => Promise<SessionCredentials>;
}

/** What takes the place of what an image says about itself; empty is as good as absent. */
export interface ImageOverrides {
  entryPoint?: readonly string[];
  command?: readonly string[];
  workingDirectory?: string;
}

export interface FileSystemMount {
  folder: string;
  /** `/mnt/name` */
  mountPath: string;
}

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Epoch milliseconds. The environment is replaced before. */
  expiresAtMs: number;
}

export interface InvocationRequest {
  requestId: string;
  payload: Uint8Array;
  invokedFunctionArn: string;
  /** JSON text, already decoded from base64. */
  clientContext?: string | undefined;
  /** JSON text. */
  cognitoIdentity?: string;
  /** Value of X-Amzn-Trace-Id: `Root=…;Parent=…;Sampled=0`. */
  traceId: string;
  /** Present if the invocation is sampled. */
  trace?: InvocationTrace | undefined;
  /** An environment that has served a tenant serves no other. */
  tenantId?: string | undefined;
  /** Whether the caller wants the last 4 KB of the log with the answer. */
  tailLog: boolean;
  /** The caller gave up. The invocation runs on, as on AWS. */
  signal?: AbortSignal;
  /** Takes an answer that the function streams, as it comes. Without it a streamed answer is gathered, up to 6 MB. */
  stream?: ResponseSink | undefined;
}

/** What an invocation that X-Ray follows is called, and who wants to know how it went. */
export interface InvocationTrace {
  /** `1-…-…` */
  traceId: string;
  segmentId: string;
  /** Called once, when the environment has done with the invocation; not at all if no environment had it. */
  ended(times: InvocationTimes): void;
}

/** Epoch milliseconds, with fractions. */
export interface InvocationTimes {
  /** With the first invocation of an environment. */
  init?: { startedAtMs: number; endedAtMs: number };
  startedAtMs: number;
  answeredAtMs: number;
  endedAtMs: number;
}

/** Where a streamed answer goes. A function that answers in one piece never begins: its answer is the outcome's payload. */
export interface ResponseSink {
  begin(contentType: string): void;
  /**
   * Takes the bytes, in order. A promise is returned when there is no room for more, and settles when there is: until then the function
   * blocks in its write, and its time goes on.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
}

export interface InvocationOutcome {
  /** The function's answer, or the JSON of its error; empty if the answer went to the request's `stream`. */
  payload: Uint8Array;
  /** `Unhandled` for every error: that of the handler, of the initialisation, a timeout, an exit. */
  functionError?: "Unhandled";
  /** Content type that a streaming handler set; absent otherwise. */
  contentType?: string;
  /** The last 4 KB of the log of this invocation, if asked for. */
  logTail?: Buffer;
  /** See `Sandbox.invoke`. Never rejects. */
  finished: Promise<void>;
}

/** Where log lines of functions go. */
export interface LogSink {
  /**
   * Takes lines in order; those of one stream come with the same object as its name. A promise is returned when there is no room for
   * more, and settles when there is: the environment stops reading the function's output until then, and the function blocks in its write.
   */
  write(stream: LogStreamName, lines: readonly LogLine[]): Promise<void> | undefined;
}

export interface LogStreamName {
  accountId: string;
  region: string;
  /** `/aws/lambda/NAME` */
  group: string;
  /** `YYYY/MM/DD/[version]<32 hex>` */
  stream: string;
}

export interface LogLine {
  /** Epoch milliseconds. */
  timestampMs: number;
  /** Without the line end. */
  message: string;
}

/** No environment can be had now: a limit is reached. The caller answers 429. */
export class SandboxBusy extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SandboxBusy";
  }
}

/**
 * Of a function with SnapStart: a hook after the restore failed (`restore-failed`), took too long, or the process ended meanwhile (`restore-lost`).
 */
type RestoreFailureReason = "restore-failed" | "restore-timeout" | "restore-lost";
export type SandboxFailureReason = "internal" | "runtime-missing" | "file-system" | "stopping" | RestoreFailureReason;

/** Our fault, not the function's, unless it is about its hooks: the caller answers ServiceException or a more exact error by `reason`. */
export class SandboxFailure extends Error {
  readonly reason: SandboxFailureReason;

  constructor(reason: SandboxFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SandboxFailure";
    this.reason = reason;
  }
}
