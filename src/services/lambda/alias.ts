/**
 * A name for a version, which can be moved to another one, at once or by and by: a second version may get a share of the invocations.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
 */
import type { AliasConfiguration, AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { type FunctionId, functionArn } from "./function-name.ts";
import { type FunctionVersion, latestVersion } from "./function-version.ts";

export interface Alias extends FunctionId {
  alias: string;
  version: string;
  additional?: AdditionalVersion;
  description: string;
  /** New at every write. */
  revisionId: string;
}

interface AdditionalVersion {
  version: string;
  /** Its share of the invocations, 0 to 1. */
  weight: number;
}

export const aliasArn = (alias: Alias): string => functionArn(alias, alias.alias);

export const versionsOf = ({ version, additional }: Pick<Alias, "version" | "additional">): string[] =>
  additional === undefined ? [version] : [version, additional.version];

/** The version that serves one invocation; `drawFraction` gives a number in [0, 1). */
export const chooseVersion = ({ version, additional }: Alias, drawFraction: () => number): string =>
  additional !== undefined && drawFraction() < additional.weight ? additional.version : version;

export function aliasConfiguration(alias: Alias): AliasConfiguration {
  const { additional } = alias;
  return {
    AliasArn: aliasArn(alias),
    Name: alias.alias,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(additional !== undefined && { RoutingConfig: { AdditionalVersionWeights: { [additional.version]: additional.weight } } }),
    RevisionId: alias.revisionId,
  };
}

/** The second version a request asks for, if any. Throws for more than one. */
export function readRouting({ AdditionalVersionWeights = {} }: AliasRoutingConfiguration): AdditionalVersion | undefined {
  const [first, ...others] = Object.entries(AdditionalVersionWeights);
  if (others.length > 0) throw invalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  return first && { version: first[0], weight: first[1] };
}

/** Throws unless an alias may divide its invocations so. */
export function checkRouting({ version, additional }: Pick<Alias, "version" | "additional">): void {
  if (additional === undefined) return;
  if (version === latestVersion) {
    // One of the few errors of Lambda's that do not say whose fault they are.
    throw new AwsError("InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version");
  }
  if (additional.version === version) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  }
}

/** Throws unless two versions may share an alias. The rule is AWS's, the words are ours: theirs are not on record. */
export function checkCompatible(one: FunctionVersion, other: FunctionVersion): void {
  if (one.roleArn !== other.roleArn) throw invalidParameter("The versions of an alias must have the same execution role.");
  if ((one.deadLetterTargetArn ?? "") !== (other.deadLetterTargetArn ?? "")) {
    throw invalidParameter("The versions of an alias must have the same dead-letter queue configuration, or none.");
  }
}
