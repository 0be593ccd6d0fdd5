import type { FunctionConfiguration, UpdateFunctionCodeRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { inspectPackage } from "../../code-packages.ts";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import type { ContainerImage } from "../../function-image.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { changeLatest } from "../../function-update.ts";
import type { CodePackage, FunctionVersion } from "../../function-version.ts";
import { checkCombinedSize } from "../../layers/function-layers.ts";
import type { LambdaOperation, LambdaState } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html */
export const updateFunctionCode: LambdaOperation<UpdateFunctionCodeRequest, FunctionConfiguration> = async (input, context) => {
  const { state } = context;
  const current = await requireLatest(state.store, parseUnqualifiedName(input.FunctionName, context));
  if (input.PublishTo !== undefined) throw notSupportedYet("PublishTo");
  const architecture = input.Architectures?.[0] ?? current.architecture;
  const change = (next: Pick<FunctionVersion, "code" | "image">) => {
    checkCombinedSize(next.code, current.layers);
    return changeLatest(state, current, {
      expectedRevisionId: input.RevisionId,
      isPublished: input.Publish,
      apply: (latest) => ({ ...latest, architecture, ...next }),
    });
  };
  const next =
    current.image === undefined
      ? { zip: inlineZip(input) }
      : await nextImage(context.state, input, { ...current, architecture }, current.image);
  if (input.DryRun === true) {
    const { code } = "zip" in next ? { code: await inspectPackage(next.zip) } : next;
    checkCombinedSize(code, current.layers);
    return functionConfiguration({ ...current, architecture, code });
  }
  const updated = await ("zip" in next
    ? state.packages.keepFor(next.zip, (code) => change({ code }))
    : state.packages.holding([next.code.digest], () => change(next)));
  return functionConfiguration(updated, input.Publish === true ? updated.version : undefined);
};

async function nextImage(
  { images }: Pick<LambdaState, "images">,
  { ImageUri: uri }: Present<UpdateFunctionCodeRequest>,
  { architecture }: Pick<FunctionVersion, "architecture">,
  current: ContainerImage,
): Promise<{ image: ContainerImage; code: CodePackage }> {
  if (uri === undefined) throw invalidParameter("Please provide ImageUri when updating a function with packageType Image.");
  const { image, code } = await images.find(uri, architecture);
  return { image: { ...current, ...image }, code };
}

function inlineZip(input: Present<UpdateFunctionCodeRequest>): Uint8Array {
  if (input.ImageUri !== undefined) throw invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.");
  if (input.S3Bucket !== undefined || input.S3Key !== undefined) throw notSupportedYet("code from S3; send it inline as ZipFile");
  if (input.ZipFile === undefined) throw invalidParameter("Please provide a source for function code.");
  return input.ZipFile;
}
