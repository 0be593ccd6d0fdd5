import { parseEventPattern } from "#kit/event-pattern/event-pattern.ts";
import type { Options } from "../rules.ts";
import type { SourceRecord } from "./source.ts";

/**
 * Whether a record goes to the function: without filters every one does, else those that fit one of them.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export function compileFilters({ FilterCriteria }: Pick<Options, "FilterCriteria">): (record: SourceRecord) => boolean {
  const patterns = (FilterCriteria?.Filters ?? []).flatMap(({ Pattern }) => (Pattern === undefined ? [] : [parseEventPattern(Pattern)]));
  if (patterns.length === 0) return () => true;
  return (record) => {
    const { filtered } = record;
    return patterns.some((pattern) => pattern.matches(filtered));
  };
}
