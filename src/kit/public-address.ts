import { BlockList, isIP } from "node:net";
import { contains, ipRange, type IpRange } from "./ip-range.ts";

/**
 * IPv4 addresses that are no public ones: those of private networks, of the link, of clouds' metadata services, of groups.
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
export const notPublic: readonly IpRange[] = [
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

/** What is public of IPv6, but for what is inside of it. https://www.iana.org/assignments/iana-ipv6-special-registry/ */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
/** For protocols, for examples, and addresses that stand for others of IPv4. */
const special6 = new BlockList();
special6.addSubnet("2001::", 23, "ipv6");
special6.addSubnet("2001:db8::", 32, "ipv6");
special6.addSubnet("2002::", 16, "ipv6");
special6.addSubnet("3fff::", 20, "ipv6");

/** Whether an IP address is one of the internet's, and not of this machine, a private network or a link. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !notPublic.some((range) => contains(range, ipRange(address)));
  return version === 6 && global6.check(address, "ipv6") && !special6.check(address, "ipv6");
}
