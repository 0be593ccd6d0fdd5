import type { AssumeRoleRequest, AssumeRoleResponse } from "@aws-sdk/client-sts";
import { AwsError } from "#wire/errors.ts";
import type { Principal } from "#wire/principal.ts";
import { defaultRoleSessionSeconds } from "../limits.ts";
import { issueCredentials, parseRoleArn } from "../session.ts";
import type { StsOperation, StsState } from "../state.ts";

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * DIVERGES: the account's root may assume roles (AWS refuses it), because the root credentials are what a fresh installation has.
 * The trust policy is stored but not evaluated yet, as no policy is.
 */
export const assumeRole: StsOperation<AssumeRoleRequest, AssumeRoleResponse> = async (input, { principal, accountId, region, state }) => {
  const role = await findRole(state, input.RoleArn, principal, region);
  if (role === undefined || parseRoleArn(input.RoleArn)?.accountId !== accountId) {
    throw new AwsError(
      "AccessDenied",
      `User: ${describe(principal)} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
    );
  }
  const seconds = input.DurationSeconds ?? defaultRoleSessionSeconds;
  // The sessions that services open for themselves (a function's, say) are not bound by the role's setting.
  if (seconds > role.maxSessionSeconds && principal.kind !== "service") {
    throw new AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const session: Principal = {
    kind: "assumed-role",
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${role.name}/${input.RoleSessionName}`,
    userId: `${role.id}:${input.RoleSessionName}`,
    roleArn: input.RoleArn,
    sessionName: input.RoleSessionName,
    ...openedBy(principal),
  };
  return {
    Credentials: issueCredentials(state, session, seconds),
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
  };
};

function openedBy(principal: Principal): { openedBy?: string } {
  if (principal.kind === "service") return { openedBy: principal.servicePrincipal };
  return principal.kind === "assumed-role" && principal.openedBy !== undefined ? { openedBy: principal.openedBy } : {};
}

async function findRole(
  state: StsState,
  arn: string,
  as: Principal,
  region: string,
): Promise<{ name: string; id: string; maxSessionSeconds: number } | undefined> {
  const parsed = parseRoleArn(arn);
  if (parsed === undefined) throw new AwsError("ValidationError", `${arn} is invalid`);
  try {
    const { Role } = await state.iam.getRole({ RoleName: parsed.roleName }, { as, region });
    if (Role?.Arn !== arn) return undefined;
    return { name: parsed.roleName, id: Role.RoleId!, maxSessionSeconds: Role.MaxSessionDuration ?? defaultRoleSessionSeconds };
  } catch (error) {
    if (error instanceof AwsError && error.code === "NoSuchEntityException") return undefined;
    throw error;
  }
}

const describe = (principal: Principal): string => (principal.kind === "service" ? principal.servicePrincipal : principal.arn);
