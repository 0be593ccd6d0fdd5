import type { GetFunctionRequest, GetFunctionResponse } from "@aws-sdk/client-lambda";
import { codeLocation } from "../../code-location.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseFunctionName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireVersion } from "../../qualifiers.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html */
export const getFunction: LambdaOperation<GetFunctionRequest, GetFunctionResponse> = async (input, context) => {
  const { state, endpoint } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const version = await requireVersion(state, reference);
  const tags = (await state.store.tags(reference)) ?? {};
  const reserved = await state.admission.reservedFor(reference);
  return {
    Configuration: functionConfiguration(version, reference.qualifier),
    Code: version.image
      ? { RepositoryType: "ECR", ImageUri: version.image.uri, ResolvedImageUri: version.image.resolvedUri }
      : { RepositoryType: "S3", Location: codeLocation(state, version.code, endpoint) },
    ...(Object.keys(tags).length > 0 && { Tags: tags }),
    ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  };
};
