import type { Principal } from "../principal.ts";

/** What is known of an access key. Implemented by sts and iam, wired by main.ts, used by the gateway. */
export type Credential =
  | { status: "valid"; secretAccessKey: string; principal: Principal }
  | { status: "unknown" }
  /** The access key is a temporary one and its token has expired. */
  | { status: "expired" }
  /** The session token is missing, forged or belongs to another access key. */
  | { status: "invalid-token" };

export interface CredentialSource {
  /** Must be cheap: it is asked once per request. */
  find(accessKeyId: string, sessionToken: string | undefined): Promise<Credential> | Credential;
}

/** "May this principal do this?" */
export interface Authorizer {
  /** Throws an `AwsError` (AccessDenied…) if not. */
  authorize(request: AuthorizationRequest): Promise<void> | void;
}

export interface AuthorizationRequest {
  principal: Principal;
  /** e.g. `lambda:CreateFunction` */
  action: string;
  accountId: string;
  region: string;
  input: unknown;
}
