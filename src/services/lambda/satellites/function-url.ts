/**
 * Function URLs: an HTTP address of a function, or of an alias. Here what is configured; who answers is doors/function-urls.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
 */
import type { Cors, FunctionUrlConfig } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import { functionArn } from "../function-name.ts";
import { latestVersion } from "../function-version.ts";
import { requireVersion } from "../qualifiers.ts";
import { findHolder, type Place } from "./place.ts";
import type { LambdaState } from "../state.ts";

export const urlIdLength = 32;

export interface FunctionUrl {
  /** Letters and digits: the first part of the host name. */
  id: string;
  authType: "NONE" | "AWS_IAM";
  cors?: Cors;
  invokeMode: "BUFFERED" | "RESPONSE_STREAM";
  /** Epoch milliseconds. */
  createdMs: number;
  modifiedMs: number;
}

/** `endpoint`: the origin under which the client reaches us; a URL of its is `http://ID.lambda-url.REGION.localhost:PORT/`. */
export function functionUrlConfig(place: Place, stored: FunctionUrl, endpoint: string): FunctionUrlConfig {
  const { protocol, port } = new URL(endpoint);
  return {
    FunctionUrl: `${protocol}//${stored.id}.lambda-url.${place.region}.localhost${port === "" ? "" : `:${port}`}/`,
    FunctionArn: functionArn(place, place.qualifier === latestVersion ? undefined : place.qualifier),
    AuthType: stored.authType,
    ...(stored.cors !== undefined && { Cors: stored.cors }),
    CreationTime: new Date(stored.createdMs).toISOString(),
    LastModifiedTime: new Date(stored.modifiedMs).toISOString(),
    InvokeMode: stored.invokeMode,
  };
}

/** Rejects unless the function, or its alias, exists and may have a URL. */
export async function checkUrlPlace(state: Pick<LambdaState, "store" | "aliases">, place: Place): Promise<void> {
  if ((await findHolder(state, place)) === undefined)
    throw new AwsError("ResourceNotFoundException", "Function does not exist", { Type: "User" });
  // The rule is AWS's, the words are ours: theirs are not on record.
  if ((await requireVersion(state, place)).isTenantIsolated)
    throw invalidParameter("Function URLs are not supported for functions with tenant isolation.");
}

/** What a request sets: an empty structure takes the settings away. */
export const corsOf = (cors: Cors | undefined): Pick<FunctionUrl, "cors"> =>
  cors !== undefined && Object.keys(cors).length > 0 ? { cors } : {};
