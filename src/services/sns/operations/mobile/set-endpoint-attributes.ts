import type { SetEndpointAttributesInput } from "@aws-sdk/client-sns";
import { requireEndpoint } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_SetEndpointAttributes.html */
export const setEndpointAttributes: SnsOperation<SetEndpointAttributesInput, void> = (input, context) => {
  const { changes, mobile } = context.state;
  return changes.run(async () => {
    const endpoint = await requireEndpoint(context, input.EndpointArn);
    const attributes = { ...endpoint.attributes, ...input.Attributes };
    await mobile.save({ ...endpoint, token: attributes.Token, attributes });
  });
};
