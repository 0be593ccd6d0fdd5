import { InvalidSubscription, parseSubscription, type TelemetryApi } from "../telemetry/subscription.ts";
import { SubscribedElsewhere } from "../telemetry/telemetry.ts";
import { readBody } from "./body.ts";
import type { Endpoint } from "./exchange.ts";
import { answering, callerOf, maxRequestBytes } from "./extensions.ts";
import { refuse, reply as send } from "./replies.ts";

/** What each of the two APIs calls its errors: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html */
const words = {
  telemetry: {
    invalid: "ValidationError",
    closed: "Telemetry.SubscriptionClosed",
    isClosed: "Telemetry API subscription is closed already",
  },
  logs: { invalid: "Logs.ValidationError", closed: "Logs.SubscriptionClosed", isClosed: "Logs API subscription is closed already" },
};

/** PUT /2022-07-01/telemetry */
export const subscribeTelemetry: Endpoint = subscribeBy("telemetry");
/** PUT /2020-08-15/logs */
export const subscribeLogs: Endpoint = subscribeBy("logs");

/** During initialisation an extension may say which telemetry it wants, and where to. */
function subscribeBy(api: TelemetryApi): Endpoint {
  const { invalid, closed, isClosed } = words[api];
  return async ({ extensions }, request, reply) => {
    const body = await readBody(request, maxRequestBytes);
    answering(reply, () => {
      const extension = callerOf(extensions, request);
      if (!extensions.telemetry.isOpen) return refuse(reply, 403, closed, isClosed);
      try {
        const subscription = parseSubscription(api, body.kind === "whole" ? body.bytes.toString() : "");
        extensions.subscribe(extension, subscription);
        send(reply, 200, "OK");
      } catch (error) {
        if (!(error instanceof InvalidSubscription) && !(error instanceof SubscribedElsewhere)) throw error;
        refuse(reply, 400, invalid, error.message);
      }
    });
  };
}
