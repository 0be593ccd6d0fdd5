import { AwsError } from "#wire/errors.ts";
import { servicePrincipal } from "#wire/principal.ts";
import { invalidParameter } from "./errors.ts";
import type { LambdaState } from "./state.ts";

const lambdaService = "lambda.amazonaws.com";

/** AWS's words, at creation and at invocation alike. */
export const roleCannotBeAssumed = "The role defined for the function cannot be assumed by Lambda.";

/** Throws unless the role exists in this account and its trust policy lets Lambda assume it. */
export async function checkFunctionRole(
  { iam }: Pick<LambdaState, "iam">,
  roleArn: string,
  accountId: string,
  region: string,
): Promise<void> {
  const [, roleAccountId] = /^arn:aws[\w-]*:iam::(\d{12}):role/.exec(roleArn) ?? [];
  if (roleAccountId !== accountId) throw invalidParameter("Cross-account pass role is not allowed.");
  try {
    const { Role } = await iam.getRole(
      { RoleName: roleArn.slice(roleArn.lastIndexOf("/") + 1) },
      { as: servicePrincipal(lambdaService, accountId), region },
    );
    if (Role?.Arn === roleArn && trustsLambda(decodeURIComponent(Role.AssumeRolePolicyDocument ?? ""))) return;
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "NoSuchEntityException") throw error;
  }
  throw invalidParameter(roleCannotBeAssumed);
}

interface TrustStatement {
  Effect?: string;
  Action?: string | string[];
  Principal?: "*" | { Service?: string | string[]; AWS?: string | string[] };
}

/** Conditions are not looked at: AWS does that when the role is assumed. */
function trustsLambda(policy: string): boolean {
  const { Statement } = JSON.parse(policy) as { Statement?: TrustStatement | TrustStatement[] };
  return [Statement ?? []].flat().some(({ Effect, Action, Principal }) => {
    const services = Principal === "*" ? ["*"] : [Principal?.Service ?? []].flat();
    const actions = [Action ?? []].flat().map((action) => action.toLowerCase());
    return (
      Effect === "Allow" &&
      services.some((service) => service === lambdaService || service === "*") &&
      actions.some((action) => ["sts:assumerole", "sts:*", "*"].includes(action))
    );
  });
}
