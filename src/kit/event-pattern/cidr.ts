import { BlockList, isIP } from "node:net";
import { InvalidEventPattern } from "./invalid-event-pattern.ts";

/** `10.0.0.0/24`, `2001:db8::/32`, or one address. Values that are no addresses of that family do not match. */
export function compileCidr(text: string): (value: string) => boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const prefixLength = length === undefined ? longest : Number(length);
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && prefixLength <= longest);
  if (version === 0 || !isLength || rest.length > 0) throw new InvalidEventPattern(`Malformed CIDR: ${text}`);
  const family = version === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  block.addSubnet(address, prefixLength, family);
  return (value) => isIP(value) === version && block.check(value, family);
}
