import type { SetPlatformApplicationAttributesInput } from "@aws-sdk/client-sns";
import { requireApplication } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html */
export const setPlatformApplicationAttributes: SnsOperation<SetPlatformApplicationAttributesInput, void> = (input, context) => {
  const { changes, mobile } = context.state;
  return changes.run(async () => {
    const application = await requireApplication(context, input.PlatformApplicationArn);
    await mobile.save({ ...application, attributes: { ...application.attributes, ...input.Attributes } });
  });
};
