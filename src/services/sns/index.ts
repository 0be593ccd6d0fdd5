/**
 * Amazon SNS: topics, standard and FIFO, and their subscribers: queues, functions, HTTP endpoints; mails and text messages go to an outbox
 * that stays on this machine. What was published is on disk with its deliveries before the answer (publishing.ts); one loop brings each to
 * its subscriber and tries again as AWS does (loops/deliveries.ts, delivery/). Messages are signed with a key of the data folder's own.
 * FIFO topics keep what was published where they have an archive policy; loops/replays.ts feeds subscribers from it that ask for it.
 * https://docs.aws.amazon.com/sns/latest/api/welcome.html
 */
import { service } from "#wire/service.ts";
import { outbox } from "./doors/outbox.ts";
import { signingCertificate } from "./doors/signing-certificate.ts";
import { subscriptionLinks } from "./doors/subscription-links.ts";
import { deliveries } from "./loops/deliveries.ts";
import { replays } from "./loops/replays.ts";
import { sweeping } from "./loops/sweeping.ts";
import { openSns } from "./state.ts";

export const sns = service({
  name: "sns",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-sns"),
    signingName: "sns",
    protocols: ["awsQuery"],
    apiVersion: "2010-03-31",
    namespace: "com.amazonaws.sns",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    validationErrorCode: "ValidationError",
  },
  open: openSns,
  loops: (state) => [deliveries(state), replays(state), sweeping(state)],
  // The certificate's path begins as the others do, so it comes last.
  doors: (state) => [subscriptionLinks(state), outbox(state), signingCertificate(state)],
});
