import { isIPv4 } from "node:net";

/** A range of IPv4 addresses as CIDR writes it: https://www.rfc-editor.org/rfc/rfc4632 */
export interface IpRange {
  /** Its first address. */
  readonly first: number;
  /** How many bits all of its addresses share, 0 to 32. */
  readonly prefixBits: number;
}

/** `10.0.0.0/8`, or a single address. Undefined for anything else, also where bits beyond the prefix are set. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = "", bits = "32", ...rest] = text.split("/");
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  const range = { first: addressNumber(address), prefixBits: Number(bits) };
  return (range.first & maskOf(range)) >>> 0 === range.first ? range : undefined;
}

/** For ranges that are written in the source. Throws for one that is none. */
export function ipRange(text: string): IpRange {
  const range = parseIpRange(text);
  if (!range) throw new Error(`${text} is no range of addresses`);
  return range;
}

/** Bits of the prefix set. */
export const maskOf = ({ prefixBits }: IpRange): number => (prefixBits === 0 ? 0 : (0xffff_ffff << (32 - prefixBits)) >>> 0);

export const contains = (outer: IpRange, inner: IpRange): boolean =>
  outer.prefixBits <= inner.prefixBits && (inner.first & maskOf(outer)) >>> 0 === outer.first;

export const overlaps = (a: IpRange, b: IpRange): boolean => contains(a, b) || contains(b, a);

export const rangeText = ({ first, prefixBits }: IpRange): string => `${addressText(first)}/${prefixBits}`;

export const addressNumber = (text: string): number => Buffer.from(text.split(".").map(Number)).readUInt32BE();

export const addressText = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
