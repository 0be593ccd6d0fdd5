import type { GetSMSAttributesInput, GetSMSAttributesResponse } from "@aws-sdk/client-sns";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetSMSAttributes.html */
export const getSMSAttributes: SnsOperation<GetSMSAttributesInput, GetSMSAttributesResponse> = async (input, context) => {
  const attributes = await context.state.mobile.smsAttributes(context);
  const wanted = input.attributes ?? [];
  return { attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => wanted.length === 0 || wanted.includes(name))) };
};
