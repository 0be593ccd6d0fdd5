/**
 * Layers: packages that functions share, in numbered versions that never change. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
 */
import type { Architecture, LayerVersionsListItem, Runtime } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import { type Caller, refuseOtherAccount, refuseOtherRegion, type Scope } from "../function-name.ts";
import type { CodePackage } from "../function-version.ts";

/** Where a layer lives. */
export interface LayerId extends Scope {
  name: string;
}

export interface LayerVersionId extends LayerId {
  number: number;
}

export interface LayerVersion extends LayerVersionId {
  description: string;
  /** Epoch milliseconds. */
  createdMs: number;
  code: CodePackage;
  /** Absent when the publisher said nothing; so are the others. Nothing is enforced, as on AWS. */
  runtimes?: Runtime[];
  architectures?: Architecture[];
  licenseInfo?: string;
}

const layerArnForm = /^arn:aws[\w-]*:lambda:([\w-]+):(\d{12}):layer:([\w-]+)(?::(\d+))?$/;

/** A layer by its name or ARN. The pattern has been validated. Throws for another region's or account's layer. */
export function parseLayerName(text: string, caller: Caller): LayerId {
  const [, region = caller.region, accountId = caller.accountId, name = text] = layerArnForm.exec(text) ?? [];
  // AWS's words for functions; those for layers are not on record.
  refuseOtherRegion("Layers", region, caller);
  const id = { accountId, region, name };
  if (accountId !== caller.accountId) refuseOtherAccount(caller, layerArn(id));
  return id;
}

/** The version of a layer that a request names by two members. Throws for a number that no version has, too. */
export function parseLayerVersion(layerName: string, number: number, caller: Caller): LayerVersionId {
  if (number < 1) throw invalidParameter("Layer Version Cannot be less than 1");
  return { ...parseLayerName(layerName, caller), number };
}

/** Undefined for what is no layer version of an account: AWS's own layers (`arn:aws:lambda:::awslayer:…`). */
export function parseLayerVersionArn(arn: string): LayerVersionId | undefined {
  const [, region, accountId, name, number] = layerArnForm.exec(arn) ?? [];
  if (region === undefined || accountId === undefined || name === undefined || number === undefined) return undefined;
  return { accountId, region, name, number: Number(number) };
}

/** `arn:aws:lambda:us-east-1:000000000000:layer:name` */
export const layerArn = ({ accountId, region, name }: LayerId): string => `arn:aws:lambda:${region}:${accountId}:layer:${name}`;

export const layerVersionArn = (version: LayerVersionId): string => `${layerArn(version)}:${version.number}`;

export const noSuchLayerVersion = (): AwsError =>
  new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", { Type: "User" });

/** A layer version as lists show it. */
export function listedLayerVersion(version: LayerVersion): LayerVersionsListItem {
  return {
    LayerVersionArn: layerVersionArn(version),
    Version: version.number,
    Description: version.description,
    CreatedDate: new Date(version.createdMs).toISOString().replace("Z", "+0000"),
    ...(version.runtimes && { CompatibleRuntimes: version.runtimes }),
    ...(version.licenseInfo !== undefined && { LicenseInfo: version.licenseInfo }),
    ...(version.architectures && { CompatibleArchitectures: version.architectures }),
  };
}
