import type { EnvironmentParts } from "./environment-parts.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the Init phase is limited to 10 seconds. */
export const initLimitMs = 10_000;
/** Ahead of need it may take as long as an invocation, and so long at least (same page). */
const leastLimitAheadMs = 130_000;
/** From then on an initialisation within an invocation gets no more than its share of the processor. */
export const repeatedInitGraceMs = 1_000;

/** How long the Init phase of an environment may take. */
export function initLimitOf({ spec, initialisation, debugged }: EnvironmentParts): number {
  if (debugged) return spec.timeoutMs;
  return initialisation === "on-demand" ? initLimitMs : Math.max(leastLimitAheadMs, spec.timeoutMs);
}
