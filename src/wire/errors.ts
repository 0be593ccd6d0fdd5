/**
 * The one error type that crosses the wire. Services throw it with a code their model knows (the protocol then takes status,
 * fault and the spelling of the message member from the model) or with one of the unmodelled codes below.
 */
export class AwsError extends Error {
  /** As on the wire: `ResourceNotFoundException`. */
  readonly code: string;
  /** Further members of the error's shape, e.g. `{ Type: "User" }`. The message is not among them. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, members: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.members = members;
  }
}

export interface UnmodelledError {
  status: number;
  fault: "client" | "server";
  /** What awsQuery calls it, where that is something else. */
  queryCode?: string;
}

/**
 * Errors that every service answers although its model lacks them. Codes and statuses: AWS's "Common Errors" pages, e.g.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
export const unmodelledErrors: Readonly<Record<string, UnmodelledError>> = {
  AccessDenied: { status: 403, fault: "client" },
  AccessDeniedException: { status: 403, fault: "client", queryCode: "AccessDenied" },
  AuthFailure: { status: 401, fault: "client" },
  ExpiredToken: { status: 403, fault: "client" },
  ExpiredTokenException: { status: 403, fault: "client", queryCode: "ExpiredToken" },
  IncompleteSignature: { status: 400, fault: "client" },
  IncompleteSignatureException: { status: 400, fault: "client", queryCode: "IncompleteSignature" },
  InternalFailure: { status: 500, fault: "server" },
  InvalidAction: { status: 400, fault: "client" },
  InvalidClientTokenId: { status: 403, fault: "client" },
  InvalidParameterValueException: { status: 400, fault: "client", queryCode: "InvalidParameterValue" },
  InvalidSignatureException: { status: 403, fault: "client", queryCode: "SignatureDoesNotMatch" },
  MalformedInput: { status: 400, fault: "client" },
  MissingAction: { status: 400, fault: "client" },
  MissingAuthenticationToken: { status: 403, fault: "client" },
  MissingAuthenticationTokenException: { status: 403, fault: "client", queryCode: "MissingAuthenticationToken" },
  MissingRequiredParameterException: { status: 400, fault: "client", queryCode: "MissingParameter" },
  NotImplemented: { status: 501, fault: "server" },
  RequestEntityTooLargeException: { status: 413, fault: "client" },
  RequestTimeout: { status: 408, fault: "client" },
  SerializationException: { status: 400, fault: "client" },
  ServiceUnavailable: { status: 503, fault: "server" },
  SignatureDoesNotMatch: { status: 403, fault: "client" },
  ThrottlingException: { status: 400, fault: "client" },
  UnknownOperationException: { status: 404, fault: "client" },
  UnrecognizedClientException: { status: 403, fault: "client", queryCode: "InvalidClientTokenId" },
  ValidationError: { status: 400, fault: "client" },
  ValidationException: { status: 400, fault: "client" },
};
