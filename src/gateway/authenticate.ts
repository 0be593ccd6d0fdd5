import { hash } from "node:crypto";
import { AuthenticationFailure, authenticationError } from "#wire/auth/authentication-failure.ts";
import { AwsChunkedDecoder } from "#wire/auth/aws-chunked.ts";
import type { CredentialSource } from "#wire/auth/ports.ts";
import type { SigningKeys } from "#wire/auth/signing-keys.ts";
import { type VerificationOptions, type Verified, verifyRequest, verifySigner } from "#wire/auth/sigv4.ts";
import type { Clock } from "#kit/clock.ts";
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import type { Exchange } from "./exchange.ts";
import { likelyProtocolName } from "./identify.ts";

export interface Admission {
  clock: Clock;
  credentials: CredentialSource;
  keys: SigningKeys;
}

/** A body that is yet to come is received from those only who could have signed it: it takes memory until it is whole. */
export function refuseStrangers(exchange: Exchange, admission: Admission): Eventual<void> {
  if (exchange.peer.isBodyHere) return undefined;
  const options = verificationOf(exchange, admission);
  return whenKnown(verifySigner(exchange.request, options), (isSigned) => {
    if (!isSigned) throw authenticationError(new AuthenticationFailure("missing-token"), options.protocol);
  });
}

/** Finds out who sent a request, and for which region. Throws in the words of the service's protocol. */
export function authenticate(exchange: Exchange, admission: Admission): Eventual<void> {
  const { request } = exchange;
  const options = verificationOf(exchange, admission);
  const { method, path, query, headers, body } = request;
  const signed = { method, path, query, headers, bodySha256: () => hash("sha256", body, "hex") };
  return whenKnown(verifyRequest(signed, options), (verified) => {
    if (verified.kind === "anonymous") throw authenticationError(new AuthenticationFailure("missing-token"), options.protocol);
    exchange.principal = verified.principal;
    exchange.region = verified.region;
    if (headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) exchange.request.body = decodeChunks(exchange, verified);
  });
}

function verificationOf({ request, service }: Exchange, { clock, credentials, keys }: Admission): VerificationOptions {
  const { signingName, protocols } = service!.definition.model;
  const likely = likelyProtocolName(request);
  return { credentials, keys, clock, protocol: protocols.includes(likely) ? likely : protocols[0], signingName };
}

/** A body that came in signed or checksummed chunks, put together. */
function decodeChunks({ request }: Exchange, verified: Extract<Verified, { kind: "signed" }>): Buffer {
  const decodedLength = request.headers["x-amz-decoded-content-length"];
  const decoder = new AwsChunkedDecoder({
    ...(verified.chunkSigning && { signing: verified.chunkSigning }),
    ...(decodedLength !== undefined && { decodedLengthBytes: Number(decodedLength) }),
    trailerNames: (request.headers["x-amz-trailer"] ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ""),
  });
  const decoded = decoder.push(request.body);
  decoder.end();
  return Buffer.concat(decoded);
}
