import type { GetSamplingTargetsRequest, GetSamplingTargetsResult } from "@aws-sdk/client-xray";
import { defaultRuleName, ruleMadeAt } from "../default-sampling-rule.ts";
import { defaultRule, quotaMs, targetIntervalSeconds } from "../limits.ts";
import type { XrayOperation } from "../state.ts";

/** Everybody who reports on the default rule may take its whole reservoir. https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingTargets.html */
export const getSamplingTargets: XrayOperation<GetSamplingTargetsRequest, GetSamplingTargetsResult> = (input, { state }) => {
  const names = [...new Set(input.SamplingStatisticsDocuments.map(({ RuleName }) => RuleName))];
  const target = {
    RuleName: defaultRuleName,
    FixedRate: defaultRule.fixedRate,
    ReservoirQuota: defaultRule.reservoirSize,
    ReservoirQuotaTTL: new Date(state.clock.now() + quotaMs),
    Interval: targetIntervalSeconds,
  };
  return {
    SamplingTargetDocuments: names.includes(defaultRuleName) ? [target] : [],
    LastRuleModification: ruleMadeAt,
    UnprocessedStatistics: names
      .filter((name) => name !== defaultRuleName)
      .map((RuleName) => ({ RuleName, ErrorCode: "400", Message: "Unknown rule" })),
  };
};
