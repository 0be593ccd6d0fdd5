/** Who makes a request. Everything but `service` can come from the network; `service` only from inside the process (calls.ts). */
export type Principal =
  | { kind: "root"; accountId: string; arn: string; userId: string }
  | { kind: "user"; accountId: string; arn: string; userId: string; userName: string }
  | { kind: "assumed-role"; accountId: string; arn: string; userId: string; roleArn: string; sessionName: string }
  /** `sourceArn`: the resource for which it acts, a topic or a rule: what policies know as `aws:SourceArn`. */
  | { kind: "service"; accountId: string; servicePrincipal: string; sourceArn?: string };

/** The account's root, as `sts:GetCallerIdentity` shows it: the ARN ends in `:root`, the user id is the account id. */
export function rootPrincipal(accountId: string): Principal {
  return { kind: "root", accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
}

/** A service acting on its own behalf, e.g. `lambda.amazonaws.com`. */
export function servicePrincipal(name: string, accountId: string, sourceArn?: string): Principal {
  return { kind: "service", accountId, servicePrincipal: name, ...(sourceArn !== undefined && { sourceArn }) };
}
