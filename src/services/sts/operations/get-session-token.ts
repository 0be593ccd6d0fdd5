import type { GetSessionTokenRequest, GetSessionTokenResponse } from "@aws-sdk/client-sts";
import { AwsError } from "#wire/errors.ts";
import { defaultUserSessionSeconds, maximumRootSessionSeconds } from "../limits.ts";
import { issueCredentials } from "../session.ts";
import type { StsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const getSessionToken: StsOperation<GetSessionTokenRequest, GetSessionTokenResponse> = (input, { principal, state }) => {
  if (principal.kind !== "root" && principal.kind !== "user") {
    throw new AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials");
  }
  const asked = input.DurationSeconds ?? defaultUserSessionSeconds;
  const seconds = principal.kind === "root" ? Math.min(asked, maximumRootSessionSeconds) : asked;
  return { Credentials: issueCredentials(state, principal, seconds) };
};
