import type { ListPhoneNumbersOptedOutInput, ListPhoneNumbersOptedOutResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { pageOf, readPageToken } from "../../page.ts";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_ListPhoneNumbersOptedOut.html
 * DIVERGES: nobody can answer STOP to a message that does not leave the machine, so the list is empty.
 */
export const listPhoneNumbersOptedOut: SnsOperation<ListPhoneNumbersOptedOutInput, ListPhoneNumbersOptedOutResponse> = async (
  input,
  context,
) => {
  const found = await context.state.mobile.phones(context, "opted-out", readPageToken(input.nextToken), pageItems + 1);
  const { shown, NextToken } = pageOf(found, pageItems, ({ number }) => number);
  return { phoneNumbers: shown.map(({ number }) => number), ...(NextToken !== undefined && { nextToken: NextToken }) };
};
