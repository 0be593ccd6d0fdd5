import type { Clock } from "#kit/clock.ts";
import { AwsError } from "#wire/errors.ts";
import { type Principal, servicePrincipal } from "#wire/principal.ts";
import { invalidParameter } from "./errors.ts";
import type { FunctionId } from "./function-name.ts";
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

/** How long a role that was looked up is taken for granted: pollers ask many times a second. */
const rolePrincipalMs = 60_000;
const maximumRolePrincipals = 1_000;

/** Functions' roles as they call other services: what Lambda itself does for a function, it does on its role's behalf. */
export class RolePrincipals {
  readonly #iam: LambdaState["iam"];
  readonly #clock: Clock;
  readonly #known = new Map<string, { principal: Principal; untilMs: number }>();

  constructor(iam: LambdaState["iam"], clock: Clock) {
    this.#iam = iam;
    this.#clock = clock;
  }

  /** Rejects with AccessDeniedException if the role is gone. */
  async of(roleArn: string, { accountId, region, name }: FunctionId): Promise<Principal> {
    const key = `${roleArn} ${name}`;
    const known = this.#known.get(key);
    const nowMs = this.#clock.now();
    if (known !== undefined && known.untilMs > nowMs) return known.principal;
    const principal = await this.#look(roleArn, accountId, region, name);
    if (this.#known.size >= maximumRolePrincipals) this.#known.clear();
    this.#known.set(key, { principal, untilMs: nowMs + rolePrincipalMs });
    return principal;
  }

  async #look(roleArn: string, accountId: string, region: string, sessionName: string): Promise<Principal> {
    const roleName = roleArn.slice(roleArn.lastIndexOf("/") + 1);
    const found = await this.#iam
      .getRole({ RoleName: roleName }, { as: servicePrincipal(lambdaService, accountId), region })
      .catch((error: unknown) => {
        if (error instanceof AwsError && error.code === "NoSuchEntityException") return undefined;
        throw error;
      });
    if (found?.Role?.Arn !== roleArn) throw new AwsError("AccessDeniedException", roleCannotBeAssumed);
    const arn = `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;
    return { kind: "assumed-role", accountId, arn, userId: `${found.Role.RoleId}:${sessionName}`, roleArn, sessionName };
  }
}
