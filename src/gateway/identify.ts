/** Which service a request is for, and in which protocol it speaks. */
import { AuthenticationFailure, authenticationError } from "#wire/auth/authentication-failure.ts";
import { parseQuery } from "#wire/auth/canonical-request.ts";
import { readClaim } from "#wire/auth/signature-claim.ts";
import { AwsError } from "#wire/errors.ts";
import type { HttpRequest } from "#wire/http.ts";
import { awsJson } from "#wire/protocols/aws-json.ts";
import { awsQuery } from "#wire/protocols/aws-query.ts";
import type { Protocol } from "#wire/protocols/protocol.ts";
import { restJson } from "#wire/protocols/rest-json.ts";
import type { ProtocolName, ServiceModel } from "#wire/service.ts";
import type { ServiceHost } from "#wire/service-host.ts";

export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  restJson1: restJson,
  awsJson1_0: awsJson("1.0"),
  awsJson1_1: awsJson("1.1"),
  awsQuery,
};

const headerScope = /Credential=[^/,\s]+\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;
const queryScope = /(?:^|&)X-Amz-Credential=[^&]*?%2F\d{8}%2F([^%&]+)%2F([^%&]+)%2Faws4_request/i;

/** Region and signing name that a request claims to be signed for; verification comes later. */
export function claimedScope(request: HttpRequest): { region: string; signingName: string } | undefined {
  const found = headerScope.exec(request.headers.authorization ?? "") ?? queryScope.exec(request.query);
  return found ? { region: found[1]!, signingName: found[2]! } : undefined;
}

/**
 * The signature's scope names the service; without one, the protocols' own marks do. Throws what a client understands if nothing
 * fits.
 */
export function identifyService(hosts: readonly ServiceHost[], request: HttpRequest): ServiceHost {
  const scope = claimedScope(request);
  const host = scope
    ? hosts.find(({ definition }) => definition.model.signingName === scope.signingName)
    : hosts.find(({ definition }) => isAddressedTo(definition.model, request));
  if (host) return host;
  if (scope === undefined) throw authenticationError(whyUnsigned(request), likelyProtocolName(request));
  const served = hosts.map(({ definition }) => definition.model.signingName).join(", ");
  throw new AwsError("NotImplemented", `Pilotlight does not serve "${scope.signingName}" yet. It serves: ${served}.`);
}

/** Without a scope a request has half a signature, or none at all. */
function whyUnsigned(request: HttpRequest): AuthenticationFailure {
  try {
    readClaim(request.headers, parseQuery(request.query));
  } catch (error) {
    if (error instanceof AuthenticationFailure) return error;
    throw error;
  }
  return new AuthenticationFailure("missing-token");
}

function isAddressedTo(model: ServiceModel, request: HttpRequest): boolean {
  const target = request.headers["x-amz-target"];
  if (target !== undefined) return model.targetPrefix !== undefined && target.startsWith(`${model.targetPrefix}.`);
  return model.protocols.includes("awsQuery") && new URLSearchParams(request.query).get("Version") === model.apiVersion;
}

/** The protocol a request speaks, among those of its service; the service's first when it shows no mark of another. */
export function identifyProtocol(model: ServiceModel, request: HttpRequest): Protocol {
  const contentType = request.headers["content-type"] ?? "";
  const spoken = model.protocols.find(
    (name) =>
      (name === "awsJson1_0" && contentType.startsWith("application/x-amz-json-1.0")) ||
      (name === "awsJson1_1" && contentType.startsWith("application/x-amz-json-1.1")) ||
      (name === "awsQuery" && (contentType.startsWith("application/x-www-form-urlencoded") || /(?:^|&)Action=/.test(request.query))),
  );
  return protocols[spoken ?? model.protocols[0]];
}

/** For errors that come before a protocol is known: the one the request looks like. */
export function likelyProtocolName(request: HttpRequest): ProtocolName {
  const contentType = request.headers["content-type"] ?? "";
  if (contentType.startsWith("application/x-www-form-urlencoded")) return "awsQuery";
  return request.headers["x-amz-target"] === undefined ? "restJson1" : "awsJson1_1";
}
