/**
 * The policies of layer versions: who besides the owner may use them.
 * https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
 */
import type { AddLayerVersionPermissionRequest } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { Present, RequestContext } from "#wire/operation.ts";
import { notAuthorized, resourceConflict } from "../errors.ts";
import type { PolicyDocument, PolicyStatement } from "../resource-policy.ts";
import type { LambdaState } from "../state.ts";
import { layerVersionArn, type LayerVersionId } from "./layer-version.ts";

type PolicyState = Pick<LambdaState, "layers" | "ids">;

/** What AddLayerVersionPermission writes. */
export function layerPermission(input: Present<AddLayerVersionPermissionRequest>, resourceArn: string): PolicyStatement {
  const { Principal: principal, OrganizationId: organization } = input;
  return {
    Sid: input.StatementId,
    Effect: "Allow",
    Principal: principal === "*" ? principal : { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal },
    Action: input.Action,
    Resource: resourceArn,
    ...(organization !== undefined && { Condition: { StringEquals: { "aws:PrincipalOrgID": organization } } }),
  };
}

type Caller = Pick<RequestContext<Pick<LambdaState, "layers">>, "state" | "accountId" | "principal">;

/** Throws unless the layer version is the caller's own or its policy admits the caller's account. Others are not even told whether it is there. */
export async function checkLayerAccess(id: LayerVersionId, { state, accountId, principal }: Caller): Promise<void> {
  if (id.accountId === accountId || admits((await state.layers.policy(id))?.document, accountId)) return;
  throw notAuthorized(principal, "lambda:GetLayerVersion", layerVersionArn(id));
}

/** We know of no organizations: what is for one is for nobody. */
function admits(policy: PolicyDocument | undefined, accountId: string): boolean {
  const admitted = ["*", `arn:aws:iam::${accountId}:root`];
  return (policy?.Statement ?? []).some(({ Principal, Condition }) => {
    const principals = typeof Principal === "object" ? [Principal["AWS"] ?? []].flat() : [Principal ?? ""];
    return Condition === undefined && principals.some((principal) => admitted.includes(principal));
  });
}

/**
 * Replaces the policy by what `change` makes of it, nothing by nothing, and returns the new revision. Rejects if the layer version does
 * not exist, or the policy does not have the revision that the caller expects.
 */
export async function changeLayerPolicy(
  { layers, ids }: PolicyState,
  id: LayerVersionId,
  expectedRevisionId: string | undefined,
  change: (policy: PolicyDocument | undefined) => PolicyDocument | undefined,
): Promise<string> {
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    await requireLayerVersion({ layers }, id);
    const current = await layers.policy(id);
    const document = change(current?.document);
    if (expectedRevisionId !== undefined && expectedRevisionId !== current?.revisionId) throw layerRevisionMismatch();
    const revisionId = ids.uuid();
    if (await layers.replacePolicy(id, document && { document, revisionId }, current?.revisionId)) return revisionId;
  }
  throw resourceConflict("The policy of this layer version is being changed by others. Please try again.");
}

/** Rejects with ResourceNotFoundException, in the words of the operations on policies. */
export async function requireLayerVersion({ layers }: Pick<LambdaState, "layers">, id: LayerVersionId): Promise<void> {
  if ((await layers.find(id)) !== undefined) return;
  throw new AwsError("ResourceNotFoundException", `Layer version ${layerVersionArn(id)} does not exist.`, { Type: "User" });
}

const maximumAttempts = 10;

const layerRevisionMismatch = (): AwsError =>
  new AwsError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id",
    { Type: "User" },
  );
