import { contains, ipRange, type IpRange } from "#kit/ip-range.ts";

/** Where functions may go besides this product. */
export interface OutboundPolicy {
  /** Whether the public addresses of the internet are open. */
  internet: boolean;
  /** What is open besides, whatever it is; no loopback addresses. */
  allowed: readonly IpRange[];
}

/**
 * Addresses that are no public ones: those of private networks, of the link, of clouds' metadata services, of groups.
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
const notPublic: readonly IpRange[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map(ipRange);

export const everywhere = ipRange("0.0.0.0/0");

export const isOpen = ({ internet, allowed }: OutboundPolicy): boolean => internet || allowed.length > 0;

/** What to refuse after all that is allowed has been let through. */
export const deniedRanges = ({ internet, allowed }: OutboundPolicy): IpRange[] =>
  internet ? notPublic.filter((range) => !allowed.some((other) => contains(other, range))) : [everywhere];

export function describePolicy({ internet, allowed }: OutboundPolicy): string {
  if (internet) return allowed.length > 0 ? "the internet and the allowed networks" : "the internet";
  return allowed.length > 0 ? "the allowed networks" : "";
}
