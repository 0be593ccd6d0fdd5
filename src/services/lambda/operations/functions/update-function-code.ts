import type { FunctionConfiguration, UpdateFunctionCodeRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { inspectPackage } from "../../code-packages.ts";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { changeLatest } from "../../function-update.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html */
export const updateFunctionCode: LambdaOperation<UpdateFunctionCodeRequest, FunctionConfiguration> = async (input, context) => {
  const { state } = context;
  const current = await requireLatest(state.store, parseUnqualifiedName(input.FunctionName, context));
  if (input.PublishTo !== undefined) throw notSupportedYet("PublishTo");
  const zip = inlineZip(input);
  const architecture = input.Architectures?.[0] ?? current.architecture;
  if (input.DryRun === true) return functionConfiguration({ ...current, architecture, code: await inspectPackage(zip) });
  const updated = await state.packages.keepFor(zip, (code) =>
    changeLatest(state, current, {
      expectedRevisionId: input.RevisionId,
      isPublished: input.Publish,
      apply: (latest) => ({ ...latest, architecture, code }),
    }),
  );
  return functionConfiguration(updated, input.Publish === true ? updated.version : undefined);
};

function inlineZip(input: Present<UpdateFunctionCodeRequest>): Uint8Array {
  if (input.ImageUri !== undefined) throw invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.");
  if (input.S3Bucket !== undefined || input.S3Key !== undefined) throw notSupportedYet("code from S3; send it inline as ZipFile");
  if (input.ZipFile === undefined) throw invalidParameter("Please provide a source for function code.");
  return input.ZipFile;
}
