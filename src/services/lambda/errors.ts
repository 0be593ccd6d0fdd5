import { AwsError } from "#wire/errors.ts";

/** Lambda's client errors say whose fault they are. */
const user = { Type: "User" } as const;

export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterValueException", message, user);

export const functionNotFound = (functionArn: string): AwsError => new AwsError("ResourceNotFoundException", `Function not found: ${functionArn}`, user);

export const resourceConflict = (message: string): AwsError => new AwsError("ResourceConflictException", message, user);

export const updateInProgress = (functionArn: string): AwsError =>
  resourceConflict(`The operation cannot be performed at this time. An update is in progress for resource: ${functionArn}`);

export const revisionMismatch = (): AwsError =>
  new AwsError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    user,
  );

/** A modelled setting that is not served yet; the ledger of docs/services/lambda.md names them. */
export const notSupportedYet = (setting: string): AwsError => invalidParameter(`Pilotlight does not support ${setting} yet.`);
