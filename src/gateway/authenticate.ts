import { hash } from "node:crypto";
import { AuthenticationFailure, authenticationError } from "#wire/auth/authentication-failure.ts";
import { AwsChunkedDecoder } from "#wire/auth/aws-chunked.ts";
import type { CredentialSource } from "#wire/auth/ports.ts";
import type { SigningKeys } from "#wire/auth/signing-keys.ts";
import { type Verified, verifyRequest } from "#wire/auth/sigv4.ts";
import type { Clock } from "#kit/clock.ts";
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import type { Exchange } from "./exchange.ts";
import { likelyProtocolName } from "./identify.ts";

export interface Admission {
  clock: Clock;
  credentials: CredentialSource;
  keys: SigningKeys;
}

/** Finds out who sent a request, and for which region. Throws in the words of the service's protocol. */
export function authenticate(exchange: Exchange, { clock, credentials, keys }: Admission): Eventual<void> {
  const { request } = exchange;
  const { signingName, protocols } = exchange.service!.definition.model;
  const likely = likelyProtocolName(request);
  const protocol = protocols.includes(likely) ? likely : protocols[0];
  const { method, path, query, headers, body } = request;
  const signed = { method, path, query, headers, bodySha256: () => hash("sha256", body, "hex") };
  return whenKnown(verifyRequest(signed, { credentials, keys, clock, protocol, signingName }), (verified) => {
    if (verified.kind === "anonymous") throw authenticationError(new AuthenticationFailure("missing-token"), protocol);
    exchange.principal = verified.principal;
    exchange.region = verified.region;
    if (headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) exchange.request.body = decodeChunks(exchange, verified);
  });
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
