/**
 * Which Host headers are ours. Everybody knows the default root credentials, and a web page may make a browser send what it
 * likes to a name that resolves to this machine (DNS rebinding); so names that we did not choose are refused.
 */

/** Prefixes that SDKs put before the endpoint's host: https://smithy.io/2.0/spec/endpoint-traits.html, and account ids. */
const clientPrefix = /^(?:(?:sync|stream|streaming|data|query)-|\d{12}\.)/;

const ipAddress = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;

export interface OwnHosts {
  /** Names besides loopback's and addresses, e.g. that of `--host`. */
  names: readonly string[];
  /** True when the root credentials are not the default ones: then any name may reach us. */
  allowsAnyName: boolean;
}

/** `host` is a Host header, lower-case. */
export function isOwnHost(host: string, own: OwnHosts): boolean {
  const name = host.replace(/:\d+$/, "");
  if (name === "") return false;
  if (own.allowsAnyName) return true;
  return [name, name.replace(clientPrefix, "")].some((candidate) => isLocalName(candidate) || own.names.includes(candidate));
}

const isLocalName = (name: string): boolean => name === "localhost" || name.endsWith(".localhost") || ipAddress.test(name);
