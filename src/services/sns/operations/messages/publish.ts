import type { PublishInput, PublishResponse } from "@aws-sdk/client-sns";
import { invalidParameter } from "../../errors.ts";
import { checkSize } from "../../message.ts";
import { publishToDevice, publishToPhone } from "../../direct-messages.ts";
import { accept, draftFor } from "../../publishing.ts";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export const publish: SnsOperation<PublishInput, PublishResponse> = async (input, context) => {
  const { TopicArn, TargetArn, PhoneNumber } = input;
  const targets = [TopicArn, TargetArn, PhoneNumber].filter((target) => target !== undefined);
  if (targets.length === 0) throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
  if (targets.length > 1) throw invalidParameter("Only one of TopicArn, TargetArn or PhoneNumber may be given");
  if (PhoneNumber !== undefined) return publishToPhone(context, PhoneNumber, input);
  if (TargetArn !== undefined && /^arn:[^:]*:sns:[^:]*:[^:]*:endpoint\//.test(TargetArn)) return publishToDevice(context, TargetArn, input);
  const topic = await requireTopic(context, (TopicArn ?? TargetArn)!);
  const draft = draftFor(topic, input);
  checkSize(draft.sizeBytes);
  return accept(context.state, topic, draft, context.traceHeader);
};
