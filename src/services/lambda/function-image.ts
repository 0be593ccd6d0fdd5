/**
 * Functions whose code is a container image: kept and shown as AWS does, not run yet.
 * https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
 */
import { createHash } from "node:crypto";
import type { FunctionConfiguration, ImageConfig } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import type { SettingsRequest } from "./function-settings.ts";
import type { CodePackage } from "./function-version.ts";

export interface ContainerImage {
  /** As the caller gave it. */
  uri: string;
  /** With the digest instead of a tag. */
  resolvedUri: string;
  /** What the caller set beside the image's own; absent when nothing. */
  config?: ImageConfig;
}

/** `repository:tag` or `repository@sha256:…`, the registry in front. */
const uriForm = /^([a-z0-9][a-z0-9._:/-]*?)(?::([\w.-]{1,128}))?(?:@sha256:([0-9a-f]{64}))?$/;

/**
 * The image and what stands for it as code. DIVERGES: no registry is asked, so a tag's digest is the hash of its name, and an image need
 * not exist. Throws for what is no image's name.
 */
export function readImage(uri: string): { image: ContainerImage; code: CodePackage } {
  const [, repository, , givenDigest] = uriForm.exec(uri) ?? [];
  if (repository === undefined) throw invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
  const digest = givenDigest ?? createHash("sha256").update(uri).digest("hex");
  return {
    image: { uri, resolvedUri: `${repository}@sha256:${digest}` },
    code: { digest, sha256: digest, sizeBytes: 0, unzippedBytes: 0 },
  };
}

/** What the request makes of the image's configuration. Throws for what only the other kind of package has. */
export function applyImageConfig(
  current: ContainerImage | undefined,
  { ImageConfig: config, Runtime, Handler }: SettingsRequest,
): ContainerImage | undefined {
  if (current === undefined) {
    if (config !== undefined) throw invalidParameter("Please don't provide ImageConfig for a function with packageType Zip.");
    return undefined;
  }
  if (Runtime !== undefined || Handler !== undefined)
    throw invalidParameter("Please don't provide Runtime or Handler for a function with packageType Image.");
  if (config === undefined) return current;
  const { config: _previous, ...image } = current;
  return Object.values(config).some((value) => value !== undefined && value.length > 0) ? { ...image, config } : image;
}

export const imageConfig = ({ config }: ContainerImage): Pick<FunctionConfiguration, "ImageConfigResponse"> =>
  config ? { ImageConfigResponse: { ImageConfig: config } } : {};

export const imagesDoNotRun = (): AwsError =>
  new AwsError("InvalidRuntimeException", "Pilotlight does not run container images yet.", { Type: "User" });
