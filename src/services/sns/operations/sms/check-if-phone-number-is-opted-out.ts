import type { CheckIfPhoneNumberIsOptedOutInput, CheckIfPhoneNumberIsOptedOutResponse } from "@aws-sdk/client-sns";
import { checkPhoneNumber } from "../../phones.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_CheckIfPhoneNumberIsOptedOut.html */
export const checkIfPhoneNumberIsOptedOut: SnsOperation<CheckIfPhoneNumberIsOptedOutInput, CheckIfPhoneNumberIsOptedOutResponse> = async (
  input,
  context,
) => {
  checkPhoneNumber(input.phoneNumber);
  const phones = await context.state.mobile.phones(context, "opted-out");
  return { isOptedOut: phones.some(({ number }) => number === input.phoneNumber) };
};
