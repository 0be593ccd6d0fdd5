import type { DeleteEndpointInput } from "@aws-sdk/client-sns";
import { isOwn } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_DeleteEndpoint.html */
export const deleteEndpoint: SnsOperation<DeleteEndpointInput, void> = async (input, context) => {
  const { mobile } = context.state;
  if (isOwn(await mobile.find(input.EndpointArn), context)) await mobile.remove(input.EndpointArn);
};
