import { AwsError } from "#wire/errors.ts";

/** Almost everything that SNS refuses, it refuses so. */
export const invalidParameter = (reason: string): AwsError => new AwsError("InvalidParameterException", `Invalid parameter: ${reason}`);

export const noSuchTopic = (): AwsError => new AwsError("NotFoundException", "Topic does not exist");

export const noSuchSubscription = (): AwsError => new AwsError("NotFoundException", "Subscription does not exist");
