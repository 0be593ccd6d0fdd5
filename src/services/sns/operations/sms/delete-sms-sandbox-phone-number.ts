import type { DeleteSMSSandboxPhoneNumberInput, DeleteSMSSandboxPhoneNumberResult } from "@aws-sdk/client-sns";
import { requireSandboxPhone } from "../../phones.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_DeleteSMSSandboxPhoneNumber.html */
export const deleteSMSSandboxPhoneNumber: SnsOperation<DeleteSMSSandboxPhoneNumberInput, DeleteSMSSandboxPhoneNumberResult> = async (
  input,
  context,
) => {
  await context.state.mobile.removePhone(await requireSandboxPhone(context, input.PhoneNumber));
  return {};
};
