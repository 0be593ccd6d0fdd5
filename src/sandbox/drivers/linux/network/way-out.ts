import { OutboundNetwork, type OutboundOptions } from "./outbound.ts";
import { describePolicy, isOpen } from "./policy.ts";

/** What isolated functions reach besides this product, and what to say about it. */
export interface WayOut extends AsyncDisposable {
  /** Undefined where there is none, because none is wanted or none can be had. */
  network: OutboundNetwork | undefined;
  /** Half a sentence for people. */
  description: string;
  advice: readonly string[];
}

/** Never rejects: functions run without a way out, too. */
export async function openWayOut(options: OutboundOptions): Promise<WayOut> {
  if (!isOpen(options.policy)) return noWayOut([]);
  try {
    const network = await OutboundNetwork.open(options);
    return {
      network,
      description: `functions reach this product and ${describePolicy(options.policy)}`,
      advice: network.advice,
      [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
    };
  } catch (error) {
    return noWayOut([
      `There is no way to the internet for functions: ${(error as Error).message}. It takes nf_tables with NAT, veth interfaces, and the right to set net.ipv4.conf.*.forwarding.`,
    ]);
  }
}

const noWayOut = (advice: readonly string[]): WayOut => ({
  network: undefined,
  description: "functions reach this product and nothing else",
  advice,
  async [Symbol.asyncDispose]() {},
});
