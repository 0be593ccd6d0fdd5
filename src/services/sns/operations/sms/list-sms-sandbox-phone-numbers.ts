import type {
  ListSMSSandboxPhoneNumbersInput,
  ListSMSSandboxPhoneNumbersResult,
  SMSSandboxPhoneNumberVerificationStatus,
} from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { pageOf, readPageToken } from "../../page.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListSMSSandboxPhoneNumbers.html */
export const listSMSSandboxPhoneNumbers: SnsOperation<ListSMSSandboxPhoneNumbersInput, ListSMSSandboxPhoneNumbersResult> = async (
  input,
  context,
) => {
  const limit = input.MaxResults ?? pageItems;
  const found = await context.state.mobile.phones(context, "sandbox", readPageToken(input.NextToken), limit + 1);
  const { shown, ...next } = pageOf(found, limit, ({ number }) => number);
  const PhoneNumbers = shown.map(({ number, status }) => ({
    PhoneNumber: number,
    Status: status as SMSSandboxPhoneNumberVerificationStatus,
  }));
  return { PhoneNumbers, ...next };
};
