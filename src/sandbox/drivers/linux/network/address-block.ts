import { readFileSync } from "node:fs";
import { everywhere } from "./policy.ts";
import { ipRange, overlaps, type IpRange } from "#kit/ip-range.ts";

/**
 * Set aside for benchmarks of network devices, so that neither the internet nor a private network should use it, in contrast to the ranges that
 * container engines and companies take for themselves. https://www.rfc-editor.org/rfc/rfc2544
 */
const pool = ipRange("198.18.0.0/15");
/** For each of 32 daemons 4,096 addresses: more than it has environments at most, so that none is used again soon. */
const blockBits = 20;

export interface HostRoute {
  interfaceName: string;
  range: IpRange;
}

/** Takes the first block to which this machine has no route yet and of which `take` says that it is ours. Throws if there is none. */
export function freeBlock(take: (block: IpRange) => boolean, routes = hostRoutes()): IpRange {
  const taken = routes.map(({ range }) => range).filter(({ prefixBits }) => prefixBits > everywhere.prefixBits);
  for (let number = 0; number < 2 ** (blockBits - pool.prefixBits); number++) {
    const block = { first: pool.first + number * 2 ** (32 - blockBits), prefixBits: blockBits };
    if (!taken.some((range) => overlaps(range, block)) && take(block)) return block;
  }
  throw new Error("every block of 198.18.0.0/15 is in use");
}

/** Of the main table. */
export function hostRoutes(text = readFileSync("/proc/net/route", "utf8")): HostRoute[] {
  const number = (hex: string): number => Buffer.from(hex, "hex").readUInt32LE();
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [interfaceName = "", destination = "", , , , , , mask = ""] = line.split("\t");
      const prefixBits = Math.clz32(~number(mask));
      return { interfaceName, range: { first: number(destination), prefixBits } };
    });
}
