/**
 * What becomes of asynchronous invocations: how often and how long they are tried, and where their outcome goes.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import type { DestinationConfig, FunctionEventInvokeConfig, PutFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { Present } from "#wire/operation.ts";
import { invalidParameter } from "../errors.ts";
import { type FunctionReference, functionArn, parseFunctionName } from "../function-name.ts";
import { asyncEventAgeMs, asyncRetryDelaysMs } from "../limits.ts";
import { findHolder, hasFunction, type Place, placeOf } from "./place.ts";
import type { LambdaState } from "../state.ts";

export interface EventInvokeConfig {
  maximumRetryAttempts?: number;
  maximumEventAgeSeconds?: number;
  onSuccessArn?: string;
  onFailureArn?: string;
  /** Epoch milliseconds. */
  modifiedMs: number;
}

export function eventInvokeConfig(place: Place, stored: EventInvokeConfig): FunctionEventInvokeConfig {
  return {
    LastModified: new Date(stored.modifiedMs),
    FunctionArn: functionArn(place, place.qualifier),
    ...(stored.maximumRetryAttempts !== undefined && { MaximumRetryAttempts: stored.maximumRetryAttempts }),
    ...(stored.maximumEventAgeSeconds !== undefined && { MaximumEventAgeInSeconds: stored.maximumEventAgeSeconds }),
    DestinationConfig: {
      OnSuccess: { ...(stored.onSuccessArn !== undefined && { Destination: stored.onSuccessArn }) },
      OnFailure: { ...(stored.onFailureArn !== undefined && { Destination: stored.onFailureArn }) },
    },
  };
}

/** How often an event is tried again after an error of the function, and how old it may become. */
export async function retryLimits(
  { satellites }: Pick<LambdaState, "satellites">,
  target: FunctionReference,
): Promise<{ retries: number; ageMs: number }> {
  const stored = await satellites.find("event-invoke", placeOf(target));
  return {
    retries: stored?.maximumRetryAttempts ?? asyncRetryDelaysMs.length,
    ageMs: stored?.maximumEventAgeSeconds === undefined ? asyncEventAgeMs : stored.maximumEventAgeSeconds * 1_000,
  };
}

/** What a request sets; what it leaves out is not there. Rejects when it sets nothing, or a destination that cannot be one. */
export async function readEventInvoke(
  state: LambdaState,
  place: Place,
  input: Present<PutFunctionEventInvokeConfigRequest>,
): Promise<Omit<EventInvokeConfig, "modifiedMs">> {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = input;
  if (MaximumRetryAttempts === undefined && MaximumEventAgeInSeconds === undefined && DestinationConfig === undefined) {
    throw invalidParameter("You must specify at least one of error handling or destination setting.");
  }
  if (DestinationConfig !== undefined) await checkDestinations(state, place, DestinationConfig);
  const onSuccessArn = DestinationConfig?.OnSuccess?.Destination || undefined;
  const onFailureArn = DestinationConfig?.OnFailure?.Destination || undefined;
  return {
    ...(MaximumRetryAttempts !== undefined && { maximumRetryAttempts: MaximumRetryAttempts }),
    ...(MaximumEventAgeInSeconds !== undefined && { maximumEventAgeSeconds: MaximumEventAgeInSeconds }),
    ...(onSuccessArn !== undefined && { onSuccessArn }),
    ...(onFailureArn !== undefined && { onFailureArn }),
  };
}

/** Rejects unless it may hang there, in these operations' own words. */
export async function checkEventInvokePlace(state: Pick<LambdaState, "store" | "aliases">, place: Place): Promise<void> {
  if ((await findHolder(state, place)) === undefined) throw noSuchFunction();
}

export const noSuchFunction = (): AwsError => new AwsError("ResourceNotFoundException", "The function doesn't exist.", { Type: "User" });

export const noEventInvokeConfig = (place: Place): AwsError =>
  new AwsError("ResourceNotFoundException", `The function ${functionArn(place, place.qualifier)} doesn't have an EventInvokeConfig`, {
    Type: "User",
  });

const successServices = ["lambda", "sqs", "sns", "events"];

async function checkDestinations(state: LambdaState, place: Place, config: DestinationConfig): Promise<void> {
  const { OnSuccess, OnFailure } = config;
  for (const [arn, services] of [
    [OnSuccess?.Destination, successServices],
    [OnFailure?.Destination, [...successServices, "s3"]],
  ] as const) {
    if (!arn) continue;
    const [, , service = ""] = arn.split(":");
    if (!services.includes(service)) throw invalidParameter(`The provided destination config ${javaText(config)} is invalid.`);
    if (service === "lambda") await checkFunctionDestination(state, place, arn);
  }
}

async function checkFunctionDestination(state: LambdaState, place: Place, arn: string): Promise<void> {
  const target = parseFunctionName(arn, place);
  if (target.name === place.name) throw invalidParameter("You can't specify the function as a destination for itself.");
  if (!(await hasFunction(state, target))) throw invalidParameter(`The destination ARN ${arn} is invalid.`);
}

/** As AWS's Java prints the structure. */
function javaText({ OnSuccess, OnFailure }: DestinationConfig): string {
  const show = (name: string, value: { Destination?: string | undefined } | undefined): string =>
    value === undefined ? "null" : `${name}(destination=${value.Destination ?? "null"})`;
  return `DestinationConfig(onSuccess=${show("OnSuccess", OnSuccess)}, onFailure=${show("OnFailure", OnFailure)})`;
}
