import type { GetEndpointAttributesInput, GetEndpointAttributesResponse } from "@aws-sdk/client-sns";
import { requireEndpoint } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetEndpointAttributes.html */
export const getEndpointAttributes: SnsOperation<GetEndpointAttributesInput, GetEndpointAttributesResponse> = async (input, context) => ({
  Attributes: { ...(await requireEndpoint(context, input.EndpointArn)).attributes },
});
