import { AwsError } from "#wire/errors.ts";
import type { HttpResponse } from "#wire/http.ts";
import type { Door } from "#wire/service.ts";
import { linkPath } from "../links.ts";
import type { SnsState } from "../state.ts";
import { confirm, unsubscribe } from "../subscribing.ts";

/** The SubscribeURL and UnsubscribeURL of messages: who has one may follow it, without a signature. */
export function subscriptionLinks(state: SnsState): Door {
  return {
    pathPrefix: linkPath,
    async handle({ method, path, query }) {
      if (path !== linkPath || method !== "GET") return answer(404, "Not found\n");
      const values = new URLSearchParams(query);
      const get = (name: string): string => values.get(name) ?? "";
      try {
        if (get("Action") === "ConfirmSubscription") {
          const { arn } = await confirm(state, get("TopicArn"), get("Token"), false);
          const result = `<ConfirmSubscriptionResult><SubscriptionArn>${arn}</SubscriptionArn></ConfirmSubscriptionResult>`;
          return answer(200, inXml("ConfirmSubscription", result, state.ids.uuid()), "text/xml");
        }
        if (get("Action") === "Unsubscribe") {
          await unsubscribe(state, get("SubscriptionArn"), false);
          return answer(200, inXml("Unsubscribe", "", state.ids.uuid()), "text/xml");
        }
        return answer(400, "This link is incomplete.\n");
      } catch (error) {
        if (error instanceof AwsError) return answer(error.code === "NotFoundException" ? 404 : 400, `${error.message}\n`);
        throw error;
      }
    },
  };
}

/** As a signed request would be answered: some subscribers read it. */
const inXml = (operation: string, result: string, requestId: string): string =>
  `<${operation}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`;

const answer = (status: number, body: string, type = "text/plain"): HttpResponse => ({ status, headers: { "content-type": type }, body });
