import type { GetSamplingRulesRequest, GetSamplingRulesResult } from "@aws-sdk/client-xray";
import { defaultSamplingRule } from "../default-sampling-rule.ts";
import type { XrayOperation } from "../state.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingRules.html */
export const getSamplingRules: XrayOperation<GetSamplingRulesRequest, GetSamplingRulesResult> = (_, { accountId, region }) => ({
  SamplingRuleRecords: [defaultSamplingRule(accountId, region)],
});
