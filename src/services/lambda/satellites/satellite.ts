/**
 * Satellites: what is configured beside a function's own configuration, each by operations of its own, and goes away with the function,
 * the version or the alias it hangs on. All kinds live in one table (store/satellites.ts), so that deletion need not know them.
 */
import type { EventInvokeConfig } from "./event-invoke.ts";
import type { FunctionUrl } from "./function-url.ts";
import type { Place } from "./place.ts";
import type { ProvisionedConcurrency } from "./provisioned-concurrency.ts";
import type { PolicyDocument } from "../resource-policy.ts";

/** The content of each kind. */
export interface Satellites {
  policy: PolicyDocument;
  "reserved-concurrency": { executions: number };
  "provisioned-concurrency": ProvisionedConcurrency;
  "event-invoke": EventInvokeConfig;
  url: FunctionUrl;
  "code-signing": { configArn: string };
  "runtime-management": { updateOn: "FunctionUpdate" } | { updateOn: "Manual"; runtimeVersionArn: string };
  recursion: { loop: "Allow" };
}

export type SatelliteKind = keyof Satellites;

export interface Satellite<Kind extends SatelliteKind = SatelliteKind> {
  place: Place;
  kind: Kind;
  content: Satellites[Kind];
}

/** What satellites are found by other than by their function; of most kinds nothing. */
export function lookupOf({ kind, content }: Satellite): string | null {
  if (kind === "url") return (content as Satellites["url"]).id;
  if (kind === "code-signing") return (content as Satellites["code-signing"]).configArn;
  return null;
}
