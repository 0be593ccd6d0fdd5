/** Who makes a request. Everything but `service` can come from the network; `service` only from inside the process (calls.ts). */
export type Principal =
  | { kind: "root"; accountId: string; arn: string; userId: string }
  | { kind: "user"; accountId: string; arn: string; userId: string; userName: string }
  | AssumedRolePrincipal
  /** `sourceArn`: the resource for which it acts, a topic or a rule: what policies know as `aws:SourceArn`. */
  | { kind: "service"; accountId: string; servicePrincipal: string; sourceArn?: string };

export interface AssumedRolePrincipal {
  kind: "assumed-role";
  accountId: string;
  arn: string;
  userId: string;
  roleArn: string;
  sessionName: string;
  /** The service that opened the session for code which it runs: `lambda.amazonaws.com` for functions. Sessions that such code opens have it, too. */
  openedBy?: string;
}

/** The account's root, as `sts:GetCallerIdentity` shows it: the ARN ends in `:root`, the user id is the account id. */
export function rootPrincipal(accountId: string): Principal {
  return { kind: "root", accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
}

/** Whether it is code that somebody had us run, and not somebody who was given access to us. */
export const isRunCode = (principal: Principal): boolean => principal.kind === "assumed-role" && principal.openedBy !== undefined;

/** A service acting on its own behalf, e.g. `lambda.amazonaws.com`. */
export function servicePrincipal(name: string, accountId: string, sourceArn?: string): Principal {
  return { kind: "service", accountId, servicePrincipal: name, ...(sourceArn !== undefined && { sourceArn }) };
}
