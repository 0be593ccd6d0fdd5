/** Subscriptions come and go: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html */
import type { Principal } from "#wire/principal.ts";
import type { Statement } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter, noSuchSubscription } from "./errors.ts";
import { tokenCharacters, tokenMs } from "./limits.ts";
import type { Message } from "./message.ts";
import { deliveryRow } from "./publishing.ts";
import type { SnsState } from "./state.ts";
import { keepMessage } from "./store/deliveries.ts";
import { needsConfirmation, type Subscription } from "./subscription.ts";

export const newToken = ({ ids }: Pick<SnsState, "ids">): string => ids.hex(tokenCharacters);

export const principalArnOf = (principal: Principal): string => (principal.kind === "service" ? principal.servicePrincipal : principal.arn);

/** What asks an endpoint to confirm that it wants a subscription, or tells it that it has none any more, as statements. */
export function confirmation(state: SnsState, subscription: Subscription, type: Exclude<Message["type"], "Notification">): Statement[] {
  const { arn, topicArn, token } = subscription;
  const text =
    type === "SubscriptionConfirmation"
      ? `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
      : `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
  const nowMs = state.clock.now();
  const message: Message = {
    id: state.ids.uuid(),
    topicArn,
    type,
    publishedMs: nowMs,
    bodies: { default: text },
    attributes: [],
    token: token!,
  };
  return keepMessage(message, [deliveryRow(state, message, subscription, state.sequences.next(nowMs))]);
}

/** `isAuthenticated`: whoever confirms signed his request and wants that only he may end it. Throws InvalidParameter. */
export function confirm(state: SnsState, topicArn: string, token: string, isAuthenticated: boolean): Promise<Subscription> {
  return state.changes.run(async () => {
    if (!/^[0-9a-f]{200,}$/.test(token)) throw new AwsError("InvalidParameterException", "Invalid token");
    const subscription = await state.subscriptions.findToken(topicArn, token);
    const nowMs = state.clock.now();
    if (subscription === undefined) throw invalidParameter("Token");
    // A link may be followed twice.
    if (subscription.status === "confirmed") return subscription;
    if (nowMs - subscription.changedMs > tokenMs) throw invalidParameter("Token");
    const confirmed: Subscription = { ...subscription, status: "confirmed", changedMs: nowMs, isAuthenticated };
    await state.subscriptions.save(confirmed);
    return confirmed;
  });
}

/** `isSigned`: the request came from somebody who signed it; a link in a message is nobody's. */
export function unsubscribe(state: SnsState, arn: string, isSigned: boolean): Promise<void> {
  return state.changes.run(async () => {
    const subscription = await state.subscriptions.find(arn);
    if (subscription === undefined) {
      // Ending what is not there is no error for who signs, and says nothing to who does not.
      if (isSigned) return;
      throw noSuchSubscription();
    }
    if (!isSigned && subscription.isAuthenticated)
      throw new AwsError("AuthorizationErrorException", "This subscription was confirmed by a signed request; only such a one may end it.");
    const wasAsked = subscription.status === "confirmed" && needsConfirmation(subscription.protocol);
    const deleted: Subscription = {
      ...subscription,
      status: "deleted",
      changedMs: state.clock.now(),
      ...(wasAsked && { token: newToken(state) }),
    };
    await state.subscriptions.save(deleted, wasAsked ? confirmation(state, deleted, "UnsubscribeConfirmation") : []);
    state.deliveryBell.ring();
  });
}
