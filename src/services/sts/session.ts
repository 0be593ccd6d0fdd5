import type { Credentials } from "@aws-sdk/client-sts";
import type { Principal } from "#wire/principal.ts";
import type { StsState } from "./state.ts";

/** Session credentials for `principal`, good for `seconds` from now. */
export function issueCredentials(
  { clock, sessions }: Pick<StsState, "clock" | "sessions">,
  principal: Principal,
  seconds: number,
): Credentials {
  // AWS's expirations are whole seconds.
  const expiresAtMs = Math.floor(clock.now() / 1000 + seconds) * 1000;
  const issued = sessions.issue({ principal, expiresAtMs });
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: new Date(expiresAtMs),
  };
}

/** `arn:aws:iam::123456789012:role/path/NAME` → account and name; undefined if it is no role's ARN. */
export function parseRoleArn(arn: string): { accountId: string; roleName: string } | undefined {
  const match = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(arn);
  return match ? { accountId: match[1]!, roleName: match[2]! } : undefined;
}
