/**
 * Who sent a request: AWS's Signature Version 4, in the `Authorization` header or in a presigned URL. The client signs a canonical
 * spelling of its request (canonical-request.ts) with a key derived from its secret (signing-keys.ts); we do the same and compare.
 * Bodies that carry signatures of their own, chunk by chunk, go on to aws-chunked.ts.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
import { hash } from "node:crypto";
import type { Clock } from "#kit/clock.ts";
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import type { Principal } from "../principal.ts";
import type { ProtocolName } from "../service.ts";
import { AuthenticationFailure, authenticationError } from "./authentication-failure.ts";
import { type QueryParameter, canonicalHeaders, canonicalPath, canonicalQuery, parseQuery } from "./canonical-request.ts";
import type { Credential, CredentialSource } from "./ports.ts";
import { type Headers, type SignatureClaim, formatTimestamp, parseTimestamp, readClaim, single } from "./signature-claim.ts";
import { type SigningKey, type SigningKeys, isSigned } from "./signing-keys.ts";

/** All strings as Node's HTTP server hands them out: the received bytes read as Latin-1. */
export interface SignedRequest {
  method: string;
  /** As received: percent-escapes untouched, without the query string. */
  path: string;
  /** As received, without the `?`. */
  query: string;
  /** Names in lower case; `host` also for HTTP/2, where it comes as `:authority`. */
  headers: Headers;
  /** SHA-256 of the received body in lower-case hexadecimal. Asked for only if the signature depends on it. */
  bodySha256(): string;
}

export interface VerificationOptions {
  credentials: CredentialSource;
  keys: SigningKeys;
  clock: Clock;
  /** Failures are worded as this protocol words them. */
  protocol: ProtocolName;
  /** The service that must be named in the credential's scope. */
  signingName: string;
}

export type Verified = SignedBy | { kind: "anonymous" };

export interface SignedBy {
  kind: "signed";
  principal: Principal;
  accessKeyId: string;
  sessionToken: string | undefined;
  region: string;
  signingName: string;
  signedAtMs: number;
  /** Present when the body comes in chunks that are signed one by one. */
  chunkSigning: ChunkSigning | undefined;
}

/** What aws-chunked.ts needs to verify the chunks of a body; the first one signs the request's signature, each further one its predecessor's. */
export interface ChunkSigning {
  key: SigningKey;
  timestamp: string;
  scope: string;
  seedSignature: string;
}

/** Clocks may differ by so much: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
const clockToleranceMs = 15 * 60_000;

/** Headers that the signature covers in another way: the string to sign has the date and the body's hash, the token is bound to the key. */
const boundOtherwise: readonly string[] = ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];

/**
 * Whoever signed the request, or `anonymous` if there is no trace of a signature.
 * Throws an `AwsError`, or rejects with it, if there is one that does not hold.
 */
export function verifyRequest(request: SignedRequest, options: VerificationOptions): Eventual<Verified> {
  const { credentials, protocol } = options;
  return inWordsOf(protocol, () => {
    const query = parseQuery(request.query);
    const claim = readClaim(request.headers, query);
    if (claim === undefined) return { kind: "anonymous" };
    const signedAtMs = checkClaim(claim, request.headers, options);
    return whenKnown(credentials.find(claim.accessKeyId, claim.sessionToken), (credential) =>
      inWordsOf(protocol, () => verifyClaim(claim, signedAtMs, credential, { request, query }, options)),
    );
  });
}

/**
 * As much of `verifyRequest` as can be done before the body has come: whether the request claims to be signed, by somebody who exists. Throws and
 * rejects likewise.
 */
export function verifySigner(request: Pick<SignedRequest, "query" | "headers">, options: VerificationOptions): Eventual<boolean> {
  const { credentials, protocol } = options;
  return inWordsOf(protocol, () => {
    const claim = readClaim(request.headers, parseQuery(request.query));
    if (claim === undefined) return false;
    checkClaim(claim, request.headers, options);
    return whenKnown(credentials.find(claim.accessKeyId, claim.sessionToken), (credential) =>
      inWordsOf(protocol, () => validOf(credential).status === "valid"),
    );
  });
}

/** Gives the milliseconds at which the request was signed. */
function checkClaim(claim: SignatureClaim, headers: Headers, { clock, signingName }: VerificationOptions): number {
  const signedAtMs = checkTime(claim, clock.now());
  checkSignedHeaders(claim, headers);
  checkScope(claim, signingName);
  return signedAtMs;
}

function validOf(credential: Credential): Extract<Credential, { status: "valid" }> {
  if (credential.status === "expired") throw new AuthenticationFailure("expired-token");
  if (credential.status !== "valid") throw new AuthenticationFailure("unknown-key");
  return credential;
}

/** What an authentication failure is called depends on the protocol. */
function inWordsOf<T>(protocol: ProtocolName, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof AuthenticationFailure ? authenticationError(error, protocol) : error;
  }
}

function verifyClaim(
  claim: SignatureClaim,
  signedAtMs: number,
  credential: Credential,
  { request, query }: { request: SignedRequest; query: readonly QueryParameter[] },
  { keys, signingName }: VerificationOptions,
): SignedBy {
  const { accessKeyId, sessionToken, region, scope, day, timestamp, signature } = claim;
  const { secretAccessKey, principal } = validOf(credential);

  const key = keys.derive(accessKeyId, secretAccessKey, day, region, signingName);
  const payload = payloadOf(claim, request, query);
  if (!isRequestSigned(claim, request, query, payload, key)) throw new AuthenticationFailure("bad-signature");
  if (!isPlaceholder(payload) && payload !== request.bodySha256()) {
    throw new AuthenticationFailure("bad-signature", "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return {
    kind: "signed",
    principal,
    accessKeyId,
    sessionToken,
    region,
    signingName,
    signedAtMs,
    chunkSigning: payload.startsWith("STREAMING-AWS4-") ? { key, timestamp, scope, seedSignature: signature } : undefined,
  };
}

/** Milliseconds at which the request was signed; throws unless that is recent, or the presigned URL is still good. */
function checkTime({ timestamp, expiresSeconds }: SignatureClaim, nowMs: number): number {
  const signedAtMs = parseTimestamp(timestamp);
  const expiresAtMs = signedAtMs + (expiresSeconds === undefined ? clockToleranceMs : expiresSeconds * 1000);
  if (signedAtMs <= nowMs + clockToleranceMs && nowMs <= expiresAtMs) return signedAtMs;

  if (Number.isNaN(signedAtMs))
    throw new AuthenticationFailure("incomplete", `Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  const now = formatTimestamp(nowMs);
  if (signedAtMs > nowMs) {
    const latest = formatTimestamp(nowMs + clockToleranceMs);
    throw new AuthenticationFailure(
      "bad-signature",
      `Signature not yet current: ${timestamp} is still later than ${latest} (${now} + 15 min.)`,
    );
  }
  const reason =
    expiresSeconds === undefined
      ? `${timestamp} is now earlier than ${formatTimestamp(nowMs - clockToleranceMs)} (${now} - 15 min.)`
      : `${formatTimestamp(expiresAtMs)} is now earlier than ${now}`;
  throw new AuthenticationFailure("bad-signature", `Signature expired: ${reason}`);
}

/** An unsigned `x-amz-…` header could have been added on the way, and would still be obeyed. */
function checkSignedHeaders({ signedHeaders }: SignatureClaim, headers: Headers): void {
  if (!signedHeaders.includes("host")) {
    throw new AuthenticationFailure("bad-signature", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const name in headers) {
    if (name.startsWith("x-amz-") && !signedHeaders.includes(name) && !boundOtherwise.includes(name)) {
      throw new AuthenticationFailure("bad-signature", `'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
}

function checkScope(claim: SignatureClaim, signingName: string): void {
  const { day, region, timestamp } = claim;
  const complaints = [];
  // Any name will do as a region, so long as it can stand in ARNs, keys and paths.
  if (!/^[A-Za-z0-9-]{1,63}$/.test(region)) complaints.push("Credential should be scoped to a valid region. ");
  if (claim.signingName !== signingName) complaints.push(`Credential should be scoped to correct service: '${signingName}'. `);
  if (day !== timestamp.slice(0, 8)) {
    complaints.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${timestamp.slice(0, 8)}', from '${timestamp}'. `,
    );
  }
  if (complaints.length > 0) throw new AuthenticationFailure("bad-signature", complaints.join(""));
}

/** What stands for the body in the canonical request: its hash, or a word that says why there is none. */
function payloadOf({ expiresSeconds, signingName }: SignatureClaim, request: SignedRequest, query: readonly QueryParameter[]): string {
  const isPresigned = expiresSeconds !== undefined;
  const declared =
    single(request.headers["x-amz-content-sha256"]) ??
    (isPresigned ? query.find(({ name }) => name.toLowerCase() === "x-amz-content-sha256")?.value : undefined);
  if (declared !== undefined) return declared;
  return isPresigned && signingName === "s3" ? "UNSIGNED-PAYLOAD" : request.bodySha256();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
const placeholders: ReadonlySet<string> = new Set([
  "UNSIGNED-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
]);

const isPlaceholder = (payload: string): boolean => placeholders.has(payload);

function isRequestSigned(
  claim: SignatureClaim,
  request: SignedRequest,
  query: readonly QueryParameter[],
  payload: string,
  key: SigningKey,
): boolean {
  const { signedHeaders, signingName, timestamp, scope, signature, expiresSeconds, sessionToken } = claim;
  const path = canonicalPath(request.path, signingName);
  const headers = `${canonicalHeaders(request.headers, signedHeaders)}\n${signedHeaders.join(";")}`;
  const isSignedWithout = (omitted: readonly string[]): boolean => {
    const canonical = `${request.method}\n${path}\n${canonicalQuery(query, omitted)}\n${headers}\n${payload}`;
    return isSigned(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash("sha256", Buffer.from(canonical, "latin1"))}`, signature);
  };
  if (expiresSeconds === undefined) return isSignedWithout([]);
  // Clients of some services (AWS IoT's among them) append the session token after signing.
  return (
    isSignedWithout(["X-Amz-Signature"]) || (sessionToken !== undefined && isSignedWithout(["X-Amz-Signature", "X-Amz-Security-Token"]))
  );
}
