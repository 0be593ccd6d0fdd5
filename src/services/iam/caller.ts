import { AwsError } from "#wire/errors.ts";
import type { IamContext } from "./state.ts";

/**
 * The user that a request is about: without a name the caller itself.
 * DIVERGES: AWS lets the account's root act on itself where this demands a name; our root's credentials are configuration, not IAM's.
 */
export function userNameOr({ principal }: IamContext, userName: string | undefined): string {
  if (userName !== undefined) return userName;
  if (principal.kind === "user") return principal.userName;
  throw new AwsError("ValidationError", "Must specify userName when calling with non-User credentials");
}
