import type { SessionIssuer } from "#wire/auth/session-token.ts";

/** What main.ts hands in besides what every service gets. */
export interface StsPorts {
  /** Makes session credentials; the gateway asks the same one whether a token is good. */
  sessions: SessionIssuer;
}
