import type { GetSMSSandboxAccountStatusInput, GetSMSSandboxAccountStatusResult } from "@aws-sdk/client-sns";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_GetSMSSandboxAccountStatus.html
 * DIVERGES: no account is in the sandbox, because every number is as good as another in the outbox.
 */
export const getSMSSandboxAccountStatus: SnsOperation<GetSMSSandboxAccountStatusInput, GetSMSSandboxAccountStatusResult> = () => ({
  IsInSandbox: false,
});
