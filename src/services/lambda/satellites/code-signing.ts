/**
 * Code signing configurations: whose signatures an account's functions trust.
 * DIVERGES: signatures are not verified. Every policy acts as Warn, and unsigned code is accepted under Enforce too.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
 */
import type { CodeSigningConfig } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { Scope } from "../function-name.ts";
import type { LambdaState } from "../state.ts";

export interface CodeSigningId extends Scope {
  /** `csc-` and 17 letters and digits. */
  id: string;
}

export interface CodeSigningConfiguration extends CodeSigningId {
  description?: string;
  signingProfileVersionArns: string[];
  untrustedArtifactOnDeployment: "Warn" | "Enforce";
  /** Epoch milliseconds. */
  modifiedMs: number;
}

export const codeSigningArn = ({ accountId, region, id }: CodeSigningId): string =>
  `arn:aws:lambda:${region}:${accountId}:code-signing-config:${id}`;

export function codeSigningConfig(stored: CodeSigningConfiguration): CodeSigningConfig {
  return {
    CodeSigningConfigId: stored.id,
    CodeSigningConfigArn: codeSigningArn(stored),
    ...(stored.description !== undefined && { Description: stored.description }),
    AllowedPublishers: { SigningProfileVersionArns: stored.signingProfileVersionArns },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: stored.untrustedArtifactOnDeployment },
    LastModified: new Date(stored.modifiedMs).toISOString().replace("Z", "+0000"),
  };
}

/** What an ARN names. The pattern has been validated. */
export function parseCodeSigningArn(arn: string): CodeSigningId {
  const [, , , region = "", accountId = "", , id = ""] = arn.split(":");
  return { accountId, region, id };
}

/** Rejects with ResourceNotFoundException, also for those of other accounts and regions. */
export async function requireCodeSigning(
  { codeSigning }: Pick<LambdaState, "codeSigning">,
  arn: string,
  scope: Scope,
): Promise<CodeSigningConfiguration> {
  const found = await findCodeSigning({ codeSigning }, arn, scope);
  if (found === undefined) throw codeSigningNotFound(arn);
  return found;
}

/** AWS leaves out whose fault it is. */
export const codeSigningNotFound = (arn: string): AwsError =>
  new AwsError("ResourceNotFoundException", `The Lambda code signing configuration ${arn} can not be found.`);

/** The same for functions that shall use it: rejects with CodeSigningConfigNotFoundException. */
export async function checkCodeSigning({ codeSigning }: Pick<LambdaState, "codeSigning">, arn: string, scope: Scope): Promise<void> {
  if ((await findCodeSigning({ codeSigning }, arn, scope)) !== undefined) return;
  const text = `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`;
  throw new AwsError("CodeSigningConfigNotFoundException", text, { Type: "User" });
}

async function findCodeSigning(
  { codeSigning }: Pick<LambdaState, "codeSigning">,
  arn: string,
  scope: Scope,
): Promise<CodeSigningConfiguration | undefined> {
  const id = parseCodeSigningArn(arn);
  return id.accountId === scope.accountId && id.region === scope.region ? codeSigning.find(id) : undefined;
}
