import type { CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { toListedRole } from "../../answers.ts";
import { createEntity, serviceRolePath } from "../../change.ts";
import { newEntity } from "../../entity.ts";
import { defaultSessionSeconds } from "../../limits.ts";
import type { IamOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html
 * DIVERGES: AWS's services each name and equip their role; here the name is made of the service's, and no policy is attached.
 */
export const createServiceLinkedRole: IamOperation<CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse> = async (
  input,
  context,
) => {
  const name = nameFor(input.AWSServiceName, input.CustomSuffix);
  const taken = await context.state.store.findEntity(context.accountId, "role", name);
  if (taken !== undefined) {
    const text = `Service role name ${name} has been taken in this account, please try a different suffix.`;
    throw new AwsError("InvalidInputException", text);
  }
  const role = await createEntity(context, async () => ({
    entity: newEntity(context.state, {
      accountId: context.accountId,
      kind: "role",
      name,
      path: `${serviceRolePath}${input.AWSServiceName}/`,
      details: { trustPolicy: trustOf(input.AWSServiceName), description: input.Description, maxSessionSeconds: defaultSessionSeconds },
    }),
    also: [],
  }));
  return { Role: toListedRole(role) };
};

/** `lambda.amazonaws.com` → `AWSServiceRoleForLambda` */
function nameFor(servicePrincipal: string, suffix: string | undefined): string {
  const [first = ""] = servicePrincipal.split(".");
  return `AWSServiceRoleFor${first.charAt(0).toUpperCase()}${first.slice(1)}${suffix === undefined ? "" : `_${suffix}`}`;
}

const trustOf = (servicePrincipal: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: servicePrincipal }, Action: "sts:AssumeRole" }],
  });
