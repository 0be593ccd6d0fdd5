import type { CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import { resourceConflict } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { checkUrlPlace, corsOf, type FunctionUrl, functionUrlConfig, urlIdLength } from "../../satellites/function-url.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html. The answer has an InvokeMode only if the request had. */
export const createFunctionUrlConfig: LambdaOperation<CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse> = async (
  input,
  context,
) => {
  const { state, endpoint } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const place = placeOf(reference);
  await checkUrlPlace(state, place);
  const nowMs = state.clock.now();
  const url: FunctionUrl = {
    id: state.ids.base32(urlIdLength).toLowerCase(),
    authType: input.AuthType,
    ...corsOf(input.Cors),
    invokeMode: input.InvokeMode ?? "BUFFERED",
    createdMs: nowMs,
    modifiedMs: nowMs,
  };
  if (!(await state.satellites.add({ kind: "url", place, content: url }))) {
    // What it shall lead to may have gone meanwhile.
    await checkUrlPlace(state, place);
    const arn = functionArn(reference, reference.qualifier);
    throw resourceConflict(
      `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    );
  }
  const { LastModifiedTime, InvokeMode, ...created } = functionUrlConfig(place, url, endpoint);
  return { ...created, ...(input.InvokeMode !== undefined && { InvokeMode: input.InvokeMode }) };
};
