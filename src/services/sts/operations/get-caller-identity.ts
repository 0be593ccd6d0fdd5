import type { GetCallerIdentityRequest, GetCallerIdentityResponse } from "@aws-sdk/client-sts";
import type { StsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: StsOperation<GetCallerIdentityRequest, GetCallerIdentityResponse> = (_input, { principal }) =>
  principal.kind === "service"
    ? { Account: principal.accountId, UserId: principal.servicePrincipal, Arn: principal.servicePrincipal }
    : { Account: principal.accountId, UserId: principal.userId, Arn: principal.arn };
