import type { PublishLayerVersionRequest, PublishLayerVersionResponse } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { parseLayerName } from "../../layers/layer-version.ts";
import { shownLayerVersion } from "../../layers/shown-layer-version.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html */
export const publishLayerVersion: LambdaOperation<PublishLayerVersionRequest, PublishLayerVersionResponse> = async (input, context) => {
  const { state } = context;
  const { CompatibleRuntimes, CompatibleArchitectures, LicenseInfo } = input;
  const published = await state.packages.keepFor(inlineZip(input.Content), (code) =>
    state.layers.publish({
      ...parseLayerName(input.LayerName, context),
      description: input.Description ?? "",
      createdMs: state.clock.now(),
      code,
      ...(CompatibleRuntimes && { runtimes: CompatibleRuntimes }),
      ...(CompatibleArchitectures && { architectures: CompatibleArchitectures }),
      ...(LicenseInfo !== undefined && { licenseInfo: LicenseInfo }),
    }),
  );
  return shownLayerVersion(published, context);
};

function inlineZip(content: Present<PublishLayerVersionRequest>["Content"]): Uint8Array {
  if (content.S3Bucket !== undefined || content.S3Key !== undefined) throw notSupportedYet("layers from S3 (send them inline as ZipFile)");
  if (content.ZipFile === undefined) throw invalidParameter("Please provide a source for layer content.");
  return content.ZipFile;
}
