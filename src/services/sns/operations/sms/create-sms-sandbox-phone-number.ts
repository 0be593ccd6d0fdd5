import type { CreateSMSSandboxPhoneNumberInput, CreateSMSSandboxPhoneNumberResult } from "@aws-sdk/client-sns";
import { checkPhoneNumber, newPassword } from "../../phones.ts";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_CreateSMSSandboxPhoneNumber.html
 * The one-time password goes to the outbox.
 */
export const createSMSSandboxPhoneNumber: SnsOperation<CreateSMSSandboxPhoneNumberInput, CreateSMSSandboxPhoneNumberResult> = async (
  input,
  { state, accountId, region },
) => {
  checkPhoneNumber(input.PhoneNumber);
  const { ids, clock, mobile, outbox } = state;
  const code = newPassword(ids);
  await mobile.savePhone({ account_id: accountId, region, number: input.PhoneNumber, kind: "sandbox", status: "Pending", code });
  const messageId = ids.uuid();
  const body = `Your verification code is ${code}`;
  const destination = input.PhoneNumber;
  await outbox.add({
    id: messageId,
    accountId,
    region,
    kind: "sms",
    destination,
    subject: undefined,
    body,
    messageId,
    sentMs: clock.now(),
  });
  return {};
};
