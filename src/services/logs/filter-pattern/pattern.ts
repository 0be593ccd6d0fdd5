/**
 * The filter-pattern language: what FilterLogEvents, live tails, metric and subscription filters match events with. Three dialects, told
 * apart by the first character: terms, `{ JSON }` and `[space-delimited]`. Parsing yields a matcher; nothing here knows of requests.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { parseJsonPattern } from "./json-pattern.ts";
import { InvalidPattern, Scanner } from "./scanner.ts";
import { parseSpaceDelimited } from "./space-delimited.ts";
import { parseTerms } from "./terms.ts";

export { InvalidPattern };

export interface FilterPattern {
  matches(message: string): boolean;
  /** The fields of a matching message that the pattern names: `{ "$.errorCode": "404" }` or `{ $status: "404", $3: "…" }`. */
  extract(message: string): Record<string, string>;
}

/** Throws `InvalidPattern`. The empty pattern matches everything. */
export function parseFilterPattern(text: string): FilterPattern {
  const scanner = new Scanner(text.trim());
  if (scanner.take("{")) return parseJsonPattern(scanner);
  if (scanner.take("[")) return parseSpaceDelimited(scanner);
  return parseTerms(scanner);
}
