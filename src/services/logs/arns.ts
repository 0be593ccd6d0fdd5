import type { Scope } from "./store.ts";

/** `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`. The older form, which most answers call `arn`, has `:*` behind it. */
export const groupArn = ({ accountId, region }: Scope, name: string): string => `arn:aws:logs:${region}:${accountId}:log-group:${name}`;

export const streamArn = (scope: Scope, group: string, stream: string): string => `${groupArn(scope, group)}:log-stream:${stream}`;

/** Where the group of an ARN is, with or without `:*`; undefined if it is no group's ARN. */
export function parseGroupArn(arn: string): (Scope & { name: string }) | undefined {
  const match = /^arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:([\w./#-]+)(?::\*)?$/.exec(arn);
  return match ? { region: match[1]!, accountId: match[2]!, name: match[3]! } : undefined;
}
