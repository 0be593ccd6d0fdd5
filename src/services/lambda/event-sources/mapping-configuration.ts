import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { type Mapping, mappingArn } from "./mapping.ts";
import { sourceRules } from "./rules.ts";
import { isQueue } from "./source.ts";

/** A stored mapping as the API shows it: each member present exactly when AWS's answers have it. */
export function mappingConfiguration(stored: Mapping): EventSourceMappingConfiguration {
  return {
    UUID: stored.uuid,
    EventSourceMappingArn: mappingArn(stored),
    ...(stored.sourceArn !== undefined && { EventSourceArn: stored.sourceArn }),
    FunctionArn: stored.functionArn,
    LastModified: new Date(stored.modifiedMs),
    ...(!isQueue(stored.kind) && { LastProcessingResult: "No records processed" }),
    State: stored.state,
    StateTransitionReason: sourceRules[stored.kind].transitionReason,
    ...stored.options,
  };
}

/**
 * In lists: filters that are encrypted with a key of the customer's are left out.
 * DIVERGES: they are only left out, not encrypted, as long as KMS is not served.
 */
export function listedMapping(stored: Mapping): EventSourceMappingConfiguration {
  const { FilterCriteria, ...shown } = mappingConfiguration(stored);
  return stored.options.KMSKeyArn === undefined && FilterCriteria !== undefined ? { ...shown, FilterCriteria } : shown;
}
