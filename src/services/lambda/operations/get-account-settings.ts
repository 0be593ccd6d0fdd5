import type { GetAccountSettingsRequest, GetAccountSettingsResponse } from "@aws-sdk/client-lambda";
import { accountCodeBytes, accountConcurrentExecutions, unzippedPackageBytes, zippedPackageBytes } from "../limits.ts";
import { unreservedConcurrency } from "../satellites/concurrency.ts";
import type { LambdaOperation } from "../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export const getAccountSettings: LambdaOperation<GetAccountSettingsRequest, GetAccountSettingsResponse> = async (
  _input,
  { state, accountId, region },
) => {
  const { functionCount, codeBytes } = await state.store.usage({ accountId, region });
  const layerBytes = await state.layers.usedBytes({ accountId, region });
  return {
    AccountLimit: {
      TotalCodeSize: accountCodeBytes,
      CodeSizeUnzipped: unzippedPackageBytes,
      CodeSizeZipped: zippedPackageBytes,
      ConcurrentExecutions: accountConcurrentExecutions,
      UnreservedConcurrentExecutions: await unreservedConcurrency(state, { accountId, region }),
    },
    AccountUsage: { TotalCodeSize: codeBytes + layerBytes, FunctionCount: functionCount },
  };
};
