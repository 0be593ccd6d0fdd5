import type { VerifySMSSandboxPhoneNumberInput, VerifySMSSandboxPhoneNumberResult } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { requireSandboxPhone } from "../../phones.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_VerifySMSSandboxPhoneNumber.html */
export const verifySMSSandboxPhoneNumber: SnsOperation<VerifySMSSandboxPhoneNumberInput, VerifySMSSandboxPhoneNumberResult> = async (
  input,
  context,
) => {
  const phone = await requireSandboxPhone(context, input.PhoneNumber);
  if (phone.code !== input.OneTimePassword) throw new AwsError("VerificationException", "Invalid verification code.", { Status: "Failed" });
  await context.state.mobile.savePhone({ ...phone, status: "Verified", code: null });
  return {};
};
