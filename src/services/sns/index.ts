/**
 * Amazon SNS: topics, standard and FIFO, and their subscribers: queues, functions, HTTP endpoints; mails and text messages go to an outbox
 * that stays on this machine. What was published is on disk with its deliveries before the answer (publishing.ts); one loop brings each to
 * its subscriber and tries again as AWS does (loops/deliveries.ts, delivery/). Messages are signed with a key of the data folder's own.
 * FIFO topics keep what was published where they have an archive policy; loops/replays.ts feeds subscribers from it that ask for it.
 * https://docs.aws.amazon.com/sns/latest/api/welcome.html
 */
import { service } from "#wire/service.ts";

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
  open: async () => (await import("./state.ts")).openSns,
  loops: [
    async () => (await import("./loops/deliveries.ts")).deliveries,
    async () => (await import("./loops/replays.ts")).replays,
    async () => (await import("./loops/sweeping.ts")).sweeping,
  ],
  // The certificate's path begins as the others do, so it comes last.
  doors: [
    async () => (await import("./doors/subscription-links.ts")).subscriptionLinks,
    async () => (await import("./doors/outbox.ts")).outbox,
    async () => (await import("./doors/signing-certificate.ts")).signingCertificate,
  ],
});
