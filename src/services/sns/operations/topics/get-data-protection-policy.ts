import type { GetDataProtectionPolicyInput, GetDataProtectionPolicyResponse } from "@aws-sdk/client-sns";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetDataProtectionPolicy.html */
export const getDataProtectionPolicy: SnsOperation<GetDataProtectionPolicyInput, GetDataProtectionPolicyResponse> = async (
  input,
  context,
) => {
  const { dataProtectionPolicy } = await requireTopic(context, input.ResourceArn, "ResourceArn");
  return { DataProtectionPolicy: dataProtectionPolicy ?? "" };
};
