/**
 * File systems of functions: access points of EFS and S3 Files, which stand for folders of this machine that the operator has named
 * (`--file-system ARN=DIR`). https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
 */
import type { FileSystemConfig } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { FileSystemMount } from "#sandbox/contract.ts";
import type { Present } from "#wire/operation.ts";
import { invalidParameter } from "./errors.ts";
import type { VpcAttachment } from "./function-vpc.ts";

/** Absolute paths by the ARN of the access point. */
export type FileSystemFolders = ReadonlyMap<string, string>;

export interface FileSystem {
  /** Of the access point. */
  arn: string;
  /** `/mnt/name` */
  mountPath: string;
  /** S3 Files only; kept, of no effect. */
  directRead?: "ENABLED" | "DISABLED" | "AUTO";
}

/** What the request makes of the list; the current one if it says nothing. Throws for what cannot be mounted. */
export function applyFileSystems(
  current: FileSystem[] | undefined,
  request: Present<FileSystemConfig>[] | undefined,
  vpc: VpcAttachment | undefined,
  folders: FileSystemFolders,
): FileSystem[] | undefined {
  const next = request?.map(({ Arn: arn, LocalMountPath: mountPath, S3FilesConfig }): FileSystem => {
    if (!folders.has(arn))
      throw invalidParameter(`No folder stands for the access point ${arn}. Start Pilotlight with --file-system ${arn}=DIR.`);
    return { arn, mountPath, ...(S3FilesConfig?.DirectS3Read !== undefined && { directRead: S3FilesConfig.DirectS3Read }) };
  });
  const outcome = next ?? current;
  const [first] = outcome ?? [];
  if (first !== undefined && !vpc?.subnetIds.length) {
    throw invalidParameter(
      `Function must be configured to execute in a VPC to reference access point ${first.arn}. Please update the function configuration to include VPC subnets and security groups.`,
    );
  }
  return outcome;
}

export const fileSystemConfigs = (fileSystems: readonly FileSystem[]): FileSystemConfig[] =>
  fileSystems.map(({ arn, mountPath, directRead }) => ({
    Arn: arn,
    LocalMountPath: mountPath,
    ...(directRead !== undefined && { S3FilesConfig: { DirectS3Read: directRead } }),
  }));

/** What the sandbox is to mount. Throws if the operator has taken a folder away. */
export function mountsOf(fileSystems: readonly FileSystem[], folders: FileSystemFolders): FileSystemMount[] {
  return fileSystems.map(({ arn, mountPath }) => {
    const folder = folders.get(arn);
    if (folder === undefined)
      throw mountFailure(`No folder stands for the access point ${arn} any more. Start Pilotlight with --file-system ${arn}=DIR.`);
    return { folder, mountPath };
  });
}

export const mountFailure = (message: string): AwsError => new AwsError("EFSMountFailureException", message, { Type: "User" });
