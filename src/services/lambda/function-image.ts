/**
 * Functions whose code is a container image: what of it is kept with the function. Where images come from is in images/.
 * https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
 */
import type { FunctionConfiguration, ImageConfig } from "@aws-sdk/client-lambda";
import { invalidParameter } from "./errors.ts";
import type { SettingsRequest } from "./function-settings.ts";

export interface ContainerImage {
  /** As the caller gave it. */
  uri: string;
  /** With the digest instead of a tag. */
  resolvedUri: string;
  /** What the caller set beside the image's own; absent when nothing. */
  config?: ImageConfig;
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
