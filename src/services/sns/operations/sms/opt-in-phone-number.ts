import type { OptInPhoneNumberInput, OptInPhoneNumberResponse } from "@aws-sdk/client-sns";
import { checkPhoneNumber } from "../../phones.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_OptInPhoneNumber.html */
export const optInPhoneNumber: SnsOperation<OptInPhoneNumberInput, OptInPhoneNumberResponse> = async (
  input,
  { state, accountId, region },
) => {
  checkPhoneNumber(input.phoneNumber);
  await state.mobile.removePhone({ account_id: accountId, region, kind: "opted-out", number: input.phoneNumber });
  return {};
};
