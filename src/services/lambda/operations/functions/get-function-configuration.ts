import type { FunctionConfiguration, GetFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseFunctionName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireVersion } from "../../qualifiers.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html */
export const getFunctionConfiguration: LambdaOperation<GetFunctionConfigurationRequest, FunctionConfiguration> = async (input, context) => {
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  return functionConfiguration(await requireVersion(context.state, reference), reference.qualifier);
};
