import type { SamplingRuleRecord } from "@aws-sdk/client-xray";
import { defaultRule } from "./limits.ts";

export const defaultRuleName = "Default";

/** AWS shows the beginning of time. */
export const ruleMadeAt = new Date(0);

/** The rule that every account has. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */
export const defaultSamplingRule = (accountId: string, region: string): SamplingRuleRecord => ({
  SamplingRule: {
    RuleName: defaultRuleName,
    RuleARN: `arn:aws:xray:${region}:${accountId}:sampling-rule/${defaultRuleName}`,
    ResourceARN: "*",
    Priority: defaultRule.priority,
    FixedRate: defaultRule.fixedRate,
    ReservoirSize: defaultRule.reservoirSize,
    ServiceName: "*",
    ServiceType: "*",
    Host: "*",
    HTTPMethod: "*",
    URLPath: "*",
    Version: 1,
    Attributes: {},
  },
  CreatedAt: ruleMadeAt,
  ModifiedAt: ruleMadeAt,
});
