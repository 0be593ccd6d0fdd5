/**
 * VPC configuration: kept and shown as AWS does. DIVERGES: there are no VPCs here, so every subnet and security group of the right form
 * exists, all of an account and region in one VPC, and functions reach what this machine reaches.
 */
import { createHash } from "node:crypto";
import type { VpcConfig, VpcConfigResponse } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { invalidParameter } from "./errors.ts";
import type { Scope } from "./function-name.ts";

/** Both lists are empty for a function that was detached. */
export interface VpcAttachment {
  subnetIds: string[];
  securityGroupIds: string[];
  isIpv6Allowed: boolean;
}

const detached: VpcAttachment = { subnetIds: [], securityGroupIds: [], isIpv6Allowed: false };

/** What the request makes of the attachment; the current one if it says nothing. */
export function applyVpc(current: VpcAttachment | undefined, request: Present<VpcConfig> | undefined): VpcAttachment | undefined {
  if (request === undefined) return current;
  const base = current ?? detached;
  const subnetIds = request.SubnetIds ?? base.subnetIds;
  const securityGroupIds = request.SecurityGroupIds ?? base.securityGroupIds;
  if ((subnetIds.length === 0) !== (securityGroupIds.length === 0))
    throw invalidParameter("SubnetIds and SecurityIds must coexist or be both empty list.");
  return { subnetIds, securityGroupIds, isIpv6Allowed: subnetIds.length > 0 && (request.Ipv6AllowedForDualStack ?? base.isIpv6Allowed) };
}

export function vpcConfig({ subnetIds, securityGroupIds, isIpv6Allowed }: VpcAttachment, scope: Scope): VpcConfigResponse {
  return {
    SubnetIds: subnetIds,
    SecurityGroupIds: securityGroupIds,
    VpcId: subnetIds.length === 0 ? "" : vpcId(scope),
    Ipv6AllowedForDualStack: isIpv6Allowed,
  };
}

const vpcId = ({ accountId, region }: Scope): string =>
  `vpc-${createHash("sha256").update(`vpc ${accountId} ${region}`).digest("hex").slice(0, 17)}`;
