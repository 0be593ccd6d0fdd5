/** AWS's refusals that more than one operation gives, word for word as recorded from AWS (localstack's snapshots of 2022–2024). */
import { AwsError } from "#wire/errors.ts";

export const queueDoesNotExist = (): AwsError => new AwsError("QueueDoesNotExist", "The specified queue does not exist.");

export const invalidAddress = (url: string): AwsError =>
  new AwsError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);

export const missingParameter = (name: string): AwsError =>
  new AwsError("MissingRequiredParameterException", `The request must contain the parameter ${name}.`);

/** In awsQuery its code is `InvalidParameterValue`. */
export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

export const invalidValue = (value: unknown, name: string, reason: string): AwsError =>
  invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);

export const unknownAttribute = (name: string): AwsError => new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string, reason?: string): AwsError =>
  new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.${reason === undefined ? "" : ` Reason: ${reason}`}`);

export const invalidReceiptHandle = (handle: string): AwsError =>
  new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);

export const noSuchResource = (parameter: string): AwsError =>
  new AwsError("ResourceNotFoundException", `The resource that you specified for the ${parameter} parameter doesn't exist.`);
