import { contains, ipRange, type IpRange } from "#kit/ip-range.ts";
import { notPublic } from "#kit/public-address.ts";

/** Where functions may go besides this product. */
export interface OutboundPolicy {
  /** Whether the public addresses of the internet are open. */
  internet: boolean;
  /** What is open besides, whatever it is; no loopback addresses. */
  allowed: readonly IpRange[];
}

export const everywhere = ipRange("0.0.0.0/0");

export const isOpen = ({ internet, allowed }: OutboundPolicy): boolean => internet || allowed.length > 0;

/** What to refuse after all that is allowed has been let through. */
export const deniedRanges = ({ internet, allowed }: OutboundPolicy): IpRange[] =>
  internet ? notPublic.filter((range) => !allowed.some((other) => contains(other, range))) : [everywhere];

export function describePolicy({ internet, allowed }: OutboundPolicy): string {
  if (internet) return allowed.length > 0 ? "the internet and the allowed networks" : "the internet";
  return allowed.length > 0 ? "the allowed networks" : "";
}
