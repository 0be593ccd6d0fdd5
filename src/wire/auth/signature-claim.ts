import { hash } from "node:crypto";
import { unescape } from "node:querystring";
import { AuthenticationFailure } from "./authentication-failure.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { QueryParameter } from "./canonical-request.ts";

/** What a request says of its signature, well-formed but not verified. */
export interface SignatureClaim {
  accessKeyId: string;
  sessionToken: string | undefined;
  /** `20260115/us-east-1/lambda/aws4_request` */
  scope: string;
  day: string;
  region: string;
  signingName: string;
  signedHeaders: readonly string[];
  /** Hexadecimal. */
  signature: string;
  /** `20260115T120000Z` */
  timestamp: string;
  /** Presigned URLs only: how long they are good for. */
  expiresSeconds: number | undefined;
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const algorithm = "AWS4-HMAC-SHA256";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const longestExpirySeconds = 604_800;

/** Reads the `Authorization` header or else the `X-Amz-…` parameters of a presigned URL; undefined if the request has neither. */
export function readClaim(headers: Headers, query: readonly QueryParameter[]): SignatureClaim | undefined {
  const authorization = single(headers["authorization"]);
  if (authorization !== undefined) return readAuthorization(authorization, headers);
  if (query.some(({ name }) => name === "X-Amz-Algorithm" || name === "X-Amz-Signature")) return readPresigned(query);
  return undefined;
}

/** As every SDK writes it, up to the signature; what it matches means the same to the tolerant reader below. */
const usualForm =
  /^AWS4-HMAC-SHA256 Credential=([^,\s/]+)\/(([^,\s/]+)\/([^,\s/]+)\/([^,\s/]+)\/aws4_request), ?SignedHeaders=([^,\s]+), ?Signature=$/;
const signatureCharacters = 64;
const usualSignature = /^[0-9a-f]{64}$/;
/** Of the date. */
const basicForm = /^\d{8}T\d{6}Z$/;

function readAuthorization(authorization: string, headers: Headers): SignatureClaim {
  const timestamp = single(headers["x-amz-date"]);
  const signer = timestamp !== undefined && basicForm.test(timestamp) ? readSigner(authorization) : undefined;
  if (signer === undefined) return readUnusualAuthorization(authorization, headers);
  const { accessKeyId, scope, day, region, signingName, signedHeaders } = signer;
  return {
    accessKeyId,
    scope,
    day,
    region,
    signingName,
    signedHeaders,
    signature: authorization.slice(-signatureCharacters),
    timestamp: timestamp!,
    sessionToken: single(headers["x-amz-security-token"]),
    expiresSeconds: undefined,
  };
}

/** What stands before the signature: a client writes the same all day. */
type Signer = Pick<SignatureClaim, "accessKeyId" | "scope" | "day" | "region" | "signingName" | "signedHeaders">;

const knownSigners = new BoundedCache<Signer>(500);
/** Longer ones are not worth the memory. */
const maximumSignerCharacters = 1_024;

/** Undefined for what is not in the usual form, or not with a signature of the usual length. */
function readSigner(authorization: string): Signer | undefined {
  const signatureAt = authorization.length - signatureCharacters;
  if (!usualSignature.test(authorization.slice(signatureAt))) return undefined;
  const text = authorization.slice(0, signatureAt);
  const known = knownSigners.get(text);
  if (known !== undefined) return known;
  const [, accessKeyId, scope, day, region, signingName, signedHeaders] = usualForm.exec(text) ?? [];
  if (signedHeaders === undefined) return undefined;
  const names = signedHeaders.split(";");
  const signer = { accessKeyId: accessKeyId!, scope: scope!, day: day!, region: region!, signingName: signingName!, signedHeaders: names };
  if (text.length <= maximumSignerCharacters) knownSigners.set(text, signer);
  return signer;
}

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`: any order, commas or spaces between, as AWS takes it. */
function readUnusualAuthorization(authorization: string, headers: Headers): SignatureClaim {
  const [scheme, ...pairs] = authorization.split(/[\s,]+/).filter((part) => part !== "");
  // The header itself is never shown: whatever is in there may be somebody's password.
  const digest = (): string => hash("sha256", authorization, "base64");
  const parts = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals === -1) {
      throw incomplete(
        `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${digest()}'.`,
      );
    }
    parts.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const timestamp = single(headers["x-amz-date"]) ?? basicFormat(single(headers["date"]));
  const missing = ["Credential", "Signature", "SignedHeaders"]
    .filter((name) => !parts.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `);
  if (timestamp === undefined) missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  if (missing.length > 0) throw incomplete(`${missing.join("")}(Hashed with SHA-256 and encoded with Base64) Authorization=${digest()}`);
  return readParts({
    scheme: scheme!,
    credential: parts.get("Credential")!,
    signedHeaders: parts.get("SignedHeaders")!,
    signature: parts.get("Signature")!,
    timestamp: timestamp!,
    sessionToken: single(headers["x-amz-security-token"]),
    expiresSeconds: undefined,
  });
}

function readPresigned(query: readonly QueryParameter[]): SignatureClaim {
  const values = new Map(query.map(({ name, value }) => [name, value]));
  const missing = ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires"]
    .filter((name) => !values.get(`X-Amz-${name}`))
    .map((name) => `AWS query-string parameters must include 'X-Amz-${name}'. `);
  if (missing.length > 0) throw incomplete(`${missing.join("")}Re-examine the query-string parameters.`);
  const parameter = (name: string): string => unescape(values.get(`X-Amz-${name}`)!);
  const expiresSeconds = /^\d+$/.test(parameter("Expires")) ? Number(parameter("Expires")) : 0;
  if (expiresSeconds < 1 || expiresSeconds > longestExpirySeconds) {
    throw incomplete(`X-Amz-Expires must be a number of seconds between 1 and ${longestExpirySeconds}`);
  }
  const sessionToken = values.get("X-Amz-Security-Token");
  return readParts({
    scheme: parameter("Algorithm"),
    credential: parameter("Credential"),
    signedHeaders: parameter("SignedHeaders"),
    signature: parameter("Signature"),
    timestamp: parameter("Date"),
    sessionToken: sessionToken === undefined ? undefined : unescape(sessionToken),
    expiresSeconds,
  });
}

/** A claim before its parts are looked into. */
interface ClaimParts extends Pick<SignatureClaim, "signature" | "timestamp" | "sessionToken" | "expiresSeconds"> {
  scheme: string;
  credential: string;
  signedHeaders: string;
}

function readParts({ scheme, credential, signedHeaders, timestamp, signature, sessionToken, expiresSeconds }: ClaimParts): SignatureClaim {
  if (scheme !== algorithm) throw incomplete(`Unsupported AWS 'algorithm': '${scheme}' (only ${algorithm} for now). `);
  const [accessKeyId, day, region, signingName, terminator, ...rest] = credential.split("/");
  if (terminator === undefined || rest.length > 0) {
    throw incomplete(`Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`);
  }
  if (terminator !== "aws4_request") {
    throw new AuthenticationFailure(
      "bad-signature",
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `,
    );
  }
  if (!basicForm.test(timestamp)) {
    throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  }
  return {
    accessKeyId: accessKeyId!,
    scope: credential.slice(accessKeyId!.length + 1),
    day: day!,
    region: region!,
    signingName: signingName!,
    signedHeaders: signedHeaders.split(";"),
    signature,
    timestamp,
    sessionToken,
    expiresSeconds,
  };
}

const incomplete = (message: string): AuthenticationFailure => new AuthenticationFailure("incomplete", message);

export function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value[0] : value;
}

/** Clients that cannot set `X-Amz-Date` sign the time that their `Date` header tells: an HTTP date, or the basic format already. */
function basicFormat(date: string | undefined): string | undefined {
  if (date === undefined || /^\d{8}T/.test(date)) return date;
  const milliseconds = Date.parse(date);
  return Number.isNaN(milliseconds) ? date : formatTimestamp(milliseconds);
}

/** → `20260115T120000Z` */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+|[-:]/g, "");
}

/** A second has one timestamp, and thousands of requests. */
let last = { timestamp: "", milliseconds: Number.NaN };

/** Milliseconds since the epoch; NaN if there is no such time. */
export function parseTimestamp(timestamp: string): number {
  if (timestamp !== last.timestamp) {
    const digits = (start: number, end: number): string => timestamp.slice(start, end);
    const text = `${digits(0, 4)}-${digits(4, 6)}-${digits(6, 8)}T${digits(9, 11)}:${digits(11, 13)}:${digits(13, 16)}`;
    last = { timestamp, milliseconds: Date.parse(text) };
  }
  return last.milliseconds;
}
