import { AwsError } from "../errors.ts";
import type { ProtocolName } from "../service.ts";

/** Why a request is not whom it says it is from, before any protocol has put it in its own words. */
export type FailureKind = "missing-token" | "unknown-key" | "expired-token" | "incomplete" | "bad-signature";

/** Crosses the wire as the `AwsError` that `authenticationError` makes of it. */
export class AuthenticationFailure extends Error {
  readonly kind: FailureKind;

  /** `message`: what is wrong in particular; left out, AWS's general sentence for the kind is used. */
  constructor(kind: FailureKind, message = "") {
    super(message);
    this.name = "AuthenticationFailure";
    this.kind = kind;
  }
}

interface Wording {
  code: string;
  message: string;
}

const invalidToken = "The security token included in the request is invalid.";
const expiredToken = "The security token included in the request is expired";
const wrongSignature =
  "The request signature we calculated does not match the signature you provided. " +
  "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html */
const jsonWordings: Record<FailureKind, Wording> = {
  "missing-token": { code: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
  "unknown-key": { code: "UnrecognizedClientException", message: invalidToken },
  "expired-token": { code: "ExpiredTokenException", message: expiredToken },
  incomplete: { code: "IncompleteSignatureException", message: "The request signature does not conform to AWS standards." },
  "bad-signature": { code: "InvalidSignatureException", message: wrongSignature },
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const queryWordings: Record<FailureKind, Wording> = {
  "missing-token": { code: "MissingAuthenticationToken", message: "Request is missing Authentication Token" },
  "unknown-key": { code: "InvalidClientTokenId", message: invalidToken },
  "expired-token": { code: "ExpiredToken", message: expiredToken },
  incomplete: { code: "IncompleteSignature", message: "The request signature does not conform to AWS standards." },
  "bad-signature": { code: "SignatureDoesNotMatch", message: wrongSignature },
};

const wordings: Record<ProtocolName, Record<FailureKind, Wording>> = {
  restJson1: jsonWordings,
  awsJson1_0: jsonWordings,
  awsJson1_1: jsonWordings,
  awsQuery: queryWordings,
};

/** The same failure has another code, and sometimes another text, in each family of protocols. */
export function authenticationError(failure: AuthenticationFailure, protocol: ProtocolName): AwsError {
  const { code, message } = wordings[protocol][failure.kind];
  return new AwsError(code, failure.message || message);
}
