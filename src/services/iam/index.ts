/**
 * AWS Identity and Access Management: users with their access keys, roles, groups, policies, instance profiles. IAM is global:
 * everything is keyed by the account, the region plays no part. What has an ARN is an `Entity` (entity.ts); a change of one is a
 * single optimistic write (change.ts). AWS's own policies are entities of the account `aws` that live in a file
 * (managed-policies.ts), not in the database.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
 */
import { service } from "#wire/service.ts";

export const iam = service({
  name: "iam",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-iam"),
    signingName: "iam",
    protocols: ["awsQuery"],
    apiVersion: "2010-05-08",
    namespace: "com.amazonaws.iam",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    validationErrorCode: "ValidationError",
  },
  open: async () => (await import("./state.ts")).openIam,
});
