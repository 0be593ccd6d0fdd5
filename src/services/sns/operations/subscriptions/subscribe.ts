import type { SubscribeInput, SubscribeResponse } from "@aws-sdk/client-sns";
import { isRunCode } from "#wire/principal.ts";
import { invalidParameter } from "../../errors.ts";
import { newReplay } from "../../replaying.ts";
import { archiveChanged } from "../../store/archive.ts";
import { confirmation, newToken, principalArnOf } from "../../subscribing.ts";
import { checkEndpoint, needsConfirmation, type Subscription, withAttributes } from "../../subscription.ts";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
export const subscribe: SnsOperation<SubscribeInput, SubscribeResponse> = async (input, context) => {
  const { state, accountId, region } = context;
  const topic = await requireTopic(context, input.TopicArn);
  const { Protocol, Endpoint } = input;
  checkEndpoint(Protocol, Endpoint, topic);
  const attributes = withAttributes({}, input.Attributes ?? {}, {
    topic,
    protocol: Protocol,
    endpoint: Endpoint!,
    front: "Attributes Reason: ",
  });
  const isPending = needsConfirmation(Protocol);
  const subscription: Subscription = {
    arn: `${topic.arn}:${state.ids.uuid()}`,
    topicArn: topic.arn,
    accountId,
    region,
    protocol: Protocol,
    endpoint: Endpoint!,
    status: isPending ? "pending" : "confirmed",
    attributes,
    token: isPending ? newToken(state) : undefined,
    changedMs: state.clock.now(),
    isAuthenticated: !isPending,
    principalArn: principalArnOf(context.principal),
    mayBePrivate: !isRunCode(context.principal),
    replay: undefined,
  };
  const kept = await state.changes.run(async () => {
    const existing = await state.subscriptions.findEndpoint(topic.arn, Protocol, Endpoint!);
    if (existing === undefined) {
      const replay = await newReplay(state, attributes, context);
      await state.subscriptions.add({ ...subscription, replay }, [
        ...(isPending ? confirmation(state, subscription, "SubscriptionConfirmation") : []),
        ...(replay === undefined ? [] : [archiveChanged(topic.arn)]),
      ]);
      return subscription;
    }
    // Who names attributes means those; who names none takes the subscription as it is.
    const differs = Object.entries(attributes).some(([name, value]) => existing.attributes[name] !== value);
    if (differs) throw invalidParameter("Attributes Reason: Subscription already exists with different attributes");
    if (existing.status !== "pending") return existing;
    // Asking once more gives the endpoint another chance to hear of it.
    const mayBePrivate = existing.mayBePrivate || subscription.mayBePrivate;
    const asked = { ...existing, token: newToken(state), changedMs: state.clock.now(), mayBePrivate };
    await state.subscriptions.save(asked, confirmation(state, asked, "SubscriptionConfirmation"));
    return asked;
  });
  state.deliveryBell.ring();
  state.replayBell.ring();
  const showsArn = kept.status === "confirmed" || input.ReturnSubscriptionArn === true;
  return { SubscriptionArn: showsArn ? kept.arn : "pending confirmation" };
};
