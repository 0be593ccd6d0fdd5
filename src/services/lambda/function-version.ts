/**
 * A function as it is stored: one version's configuration and code, with the states AWS takes it through. Pure; who calls brings the
 * time and the ids. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
 */
import { isDeepStrictEqual } from "node:util";
import type { FileSystem } from "./function-file-systems.ts";
import type { ContainerImage } from "./function-image.ts";
import type { FunctionId } from "./function-name.ts";
import type { VpcAttachment } from "./function-vpc.ts";

export const latestVersion = "$LATEST";

export interface FunctionVersion extends FunctionId {
  /** `$LATEST`, or the number under which it was published. */
  version: string;
  /** Empty for an image, as is `handler`. */
  runtime: string;
  roleArn: string;
  handler: string;
  description: string;
  /** What PublishVersion was told to show instead of `description`. */
  versionDescription?: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Absent when the function never had any. */
  variables?: Record<string, string>;
  kmsKeyArn?: string;
  tracingMode: "Active" | "PassThrough";
  architecture: "x86_64" | "arm64";
  ephemeralStorageMb: number;
  deadLetterTargetArn?: string;
  snapStart: "None" | "PublishedVersions";
  logging: Logging;
  /** Absent when the function was never in one. */
  vpc?: VpcAttachment;
  /** Absent when there are none. */
  fileSystems?: FileSystem[];
  /** Whether each tenant has execution environments of its own. */
  isTenantIsolated?: true;
  /** Absent when the code is a zip package. */
  image?: ContainerImage;
  code: CodePackage;
  /** In the order in which they are laid over each other; absent when there are none. */
  layers?: FunctionLayer[];
  /** Epoch milliseconds of the last change by a user. */
  modifiedMs: number;
  /** New at every write. */
  revisionId: string;
  /** New whenever environments must be: at every change of code or configuration. */
  environmentKey: string;
  state: State;
  lastUpdate?: LastUpdate;
}

export interface Logging {
  format: "Text" | "JSON";
  group: string;
  applicationLevel?: string;
  systemLevel?: string;
}

export interface CodePackage {
  /** Of the blob. */
  digest: string;
  /** As the API shows it: base64, of images hexadecimal. */
  sha256: string;
  sizeBytes: number;
  unzippedBytes: number;
}

/** A layer version as a function remembers it, be it deleted or not. */
export interface FunctionLayer extends Omit<CodePackage, "sha256"> {
  /** With the version. */
  arn: string;
}

export interface State {
  name: "Pending" | "Active" | "Failed";
  reason?: string;
  reasonCode?: string;
}

export interface LastUpdate {
  status: "Successful" | "InProgress" | "Failed";
  reason?: string;
  reasonCode?: string;
}

export const creating: State = { name: "Pending", reason: "The function is being created.", reasonCode: "Creating" };
/** AWS speaks of creation here too. */
export const updating: LastUpdate = { status: "InProgress", reason: "The function is being created.", reasonCode: "Creating" };

/** Whether its environments begin with a snapshot. */
export const isSnapped = ({ snapStart, version }: Pick<FunctionVersion, "snapStart" | "version">): boolean =>
  snapStart === "PublishedVersions" && version !== latestVersion;

export const isSettling = ({ state, lastUpdate }: FunctionVersion): boolean =>
  state.name === "Pending" || lastUpdate?.status === "InProgress";

export interface SettlingFailure {
  reason: string;
  reasonCode: string;
}

/**
 * What a function becomes when its code is in place and its runtime ready, or when that has failed. DIVERGES: after an update that failed so, the old
 * code serves no more.
 */
export function settled(current: FunctionVersion, revisionId: string, failure?: SettlingFailure): FunctionVersion {
  if (!failure) return { ...current, state: { name: "Active" }, lastUpdate: { status: "Successful" }, revisionId };
  const state: State = current.state.name === "Pending" ? { name: "Failed", ...failure } : current.state;
  return { ...current, state, lastUpdate: { status: "Failed", ...failure }, revisionId };
}

/** Orders the versions of a function: 0 for $LATEST, else the number itself. */
export const versionNumber = (version: string): number => (version === latestVersion ? 0 : Number(version));

export interface Publication {
  number: number;
  nowMs: number;
  revisionId: string;
  environmentKey: string;
  description?: string | undefined;
}

/** A copy of $LATEST that never changes again. One of a settled function is ready at once, as on AWS, unless a snapshot is to be made of it. */
export function publishedAs(
  latest: FunctionVersion,
  { number, nowMs, revisionId, environmentKey, description }: Publication,
): FunctionVersion {
  const { lastUpdate, ...copied } = latest;
  return {
    ...copied,
    version: String(number),
    ...(description !== undefined && { versionDescription: description }),
    modifiedMs: nowMs,
    revisionId,
    environmentKey,
    ...(isSettling(latest) || latest.snapStart !== "None" ? { state: creating } : lastUpdate && { lastUpdate }),
  };
}

/** Whether two versions have the same code and configuration. Publishing the second after the first would be pointless. */
export const hasSameContent = (one: FunctionVersion, other: FunctionVersion): boolean =>
  isDeepStrictEqual(contentOf(one), contentOf(other));

function contentOf(version: FunctionVersion): Partial<FunctionVersion> {
  const { version: _number, versionDescription, modifiedMs, revisionId, environmentKey, state, lastUpdate, ...content } = version;
  return content;
}
