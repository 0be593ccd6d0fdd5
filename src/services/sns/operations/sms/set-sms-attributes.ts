import type { SetSMSAttributesInput, SetSMSAttributesResponse } from "@aws-sdk/client-sns";
import { invalidParameter } from "../../errors.ts";
import type { SnsOperation } from "../../state.ts";

const known: ReadonlySet<string> = new Set([
  "MonthlySpendLimit",
  "DeliveryStatusIAMRole",
  "DeliveryStatusSuccessSamplingRate",
  "DefaultSenderID",
  "DefaultSMSType",
  "UsageReportS3Bucket",
]);

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
 * An empty text takes a setting away, as Terraform does when it destroys them all.
 * DIVERGES: no text message leaves the machine; what is set here is kept and shown.
 */
export const setSMSAttributes: SnsOperation<SetSMSAttributesInput, SetSMSAttributesResponse> = async (input, context) => {
  const { changes, mobile } = context.state;
  for (const name of Object.keys(input.attributes)) if (!known.has(name)) throw invalidParameter(`${name} is not a valid attribute`);
  const { DefaultSMSType } = input.attributes;
  if (DefaultSMSType !== undefined && !["", "Promotional", "Transactional"].includes(DefaultSMSType))
    throw invalidParameter("DefaultSMSType is invalid");
  await changes.run(async () => {
    const merged = { ...(await mobile.smsAttributes(context)), ...input.attributes };
    await mobile.saveSmsAttributes(context, Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== "")));
  });
  return {};
};
