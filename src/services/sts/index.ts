/**
 * AWS Security Token Service: who am I, and temporary credentials. Session credentials are stateless: the token itself carries,
 * encrypted, who it speaks for and until when, so that neither a restart nor another machine forgets them.
 * This service is the template: `npm run new-service` copies its shape.
 * https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
import { service } from "#wire/service.ts";

export const sts = service({
  name: "sts",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-sts"),
    signingName: "sts",
    protocols: ["awsQuery"],
    apiVersion: "2011-06-15",
    namespace: "com.amazonaws.sts",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    validationErrorCode: "ValidationError",
  },
  open: async () => (await import("./state.ts")).openSts,
});
