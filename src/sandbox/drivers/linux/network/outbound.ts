import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import type { Clock } from "#kit/clock.ts";
import { addressText, type IpRange } from "#kit/ip-range.ts";
import type { SystemCalls } from "../system-calls.ts";
import { freeBlock } from "./address-block.ts";
import { hostTable, routerTable } from "./filter-tables.ts";
import { Forwarding } from "./forwarding.ts";
import { NameServer } from "./name-server.ts";
import { encodeMessage, NetlinkError, netlinkFamily, NetlinkSocket } from "./netlink.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import { droppingForwarders, makeTable } from "./nf-tables.ts";
import { deniedRanges, everywhere, type OutboundPolicy } from "./policy.ts";
import { deleteLink, linkIndex, loopbackIndex, newAddress, newRoute, newVethPair, noRoute, setUp, withoutVersion6 } from "./rtnetlink.ts";

/** Of the interface that leads out, in a namespace that has only this one besides loopback. */
const outIndex = 2;
/** In the router, those of environments come after. */
const firstEnvironmentIndex = 1_000;
/** How many of a block's addresses are this product's own. */
const ownAddresses = 16;

export interface OutboundOptions {
  calls: SystemCalls;
  clock: Clock;
  policy: OutboundPolicy;
  /** Tells this daemon from others of the machine. */
  identity: string;
}

/**
 * The way out for isolated functions: each environment has a wire to a router, which is a network namespace of ours without any process in it, and
 * one wire goes from the router to the machine, which puts its own address on what comes out and sends it on.
 *
 *     environment  eth0 ──── router  out ──── the machine  pl-…  ⇢ masquerade ⇢  the internet
 *     environment  eth0 ──┘
 *
 * What may pass is decided at the router (nobody in another's name, not too many connections, nothing to other environments) and on the machine
 * (filter-tables.ts), where no function can change anything. Functions speak IPv4 only, as they do on AWS outside of a VPC that has more.
 * All of it goes with this process: the namespace with its descriptor, the machine's table with its socket.
 */
export class OutboundNetwork implements AsyncDisposable {
  /** Where functions ask for names. */
  readonly nameServer: string;
  /** What stands in the way, one sentence each. */
  readonly advice: readonly string[];
  #options: OutboundOptions;
  #block: IpRange;
  #router: NetworkNamespace;
  #routes: NetlinkSocket;
  #filters: NetlinkSocket;
  #forwarding: Forwarding;
  #names: NameServer | undefined;
  /** What every namespace is told, before its address and after it. */
  #ways: { before: Buffer[]; after: Buffer[] };
  #connected = 0;

  static async open(options: OutboundOptions): Promise<OutboundNetwork> {
    const network = new OutboundNetwork(options);
    try {
      await network.#serveNames();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: OutboundOptions) {
    const { calls, clock, policy } = options;
    const name = `pl-${createHash("sha256").update(options.identity).digest("hex").slice(0, 8)}`;
    using undo = new DisposableStack();
    this.#options = options;
    const inside: { routes?: NetlinkSocket } = {};
    const router = new NetworkNamespace(calls, () => {
      becomeRouter();
      inside.routes = undo.use(new NetlinkSocket(calls, netlinkFamily.route, "the router of functions"));
      using filters = new NetlinkSocket(calls, netlinkFamily.netfilter, "the packet filter of the router of functions");
      makeTable(filters, routerTable);
    });
    this.#router = undo.adopt(router, () => router.close());
    this.#routes = inside.routes as NetlinkSocket;
    using host = new NetlinkSocket(calls, netlinkFamily.route, "the network interface of functions");
    this.#block = this.#connectRouter(host, name);
    this.#filters = undo.use(new NetlinkSocket(calls, netlinkFamily.netfilter, "the packet filter of functions"));
    makeTable(this.#filters, hostTable(name, this.#block, policy));
    this.#forwarding = undo.use(new Forwarding(calls, clock, name, policy));
    this.nameServer = addressText(this.#gateway);
    this.#ways = waysOut(this.#gateway, policy);
    this.advice = droppingForwarders(this.#filters).map(
      ({ table, chain }) =>
        `Another firewall of this machine drops what is forwarded (table ${table}, chain ${chain}): let it accept what comes from and goes to the interface ${name}.`,
    );
    undo.move();
  }

  /** Gives a new namespace, in which that socket was made, its interface and its routes. Throws if that fails. */
  connect(namespace: NetworkNamespace, routesInThere: NetlinkSocket): void {
    this.refresh();
    const address = this.#connectToRouter(namespace);
    routesInThere.send([...this.#ways.before, newAddress(outIndex, address), ...this.#ways.after]);
  }

  /** Sees to it that answers find their way still. Costs next to nothing when called often. */
  refresh(): void {
    this.#forwarding.refresh();
  }

  /** Returns the address of the namespace. All addresses have their turn, so that nobody gets answers to questions of who was there before. */
  #connectToRouter({ descriptor }: NetworkNamespace): number {
    const count = blockSize(this.#block) - ownAddresses - 1;
    for (let attempt = 0; attempt < count; attempt++) {
      const number = this.#connected++ % count;
      const address = this.#block.first + ownAddresses + number;
      const index = firstEnvironmentIndex + number;
      const wire = newVethPair({ name: `env${number}`, index }, { name: "eth0", index: outIndex }, descriptor);
      // One may have lived since the last turn, or the kernel has not let go of it yet.
      if (!succeeds(() => this.#routes.send([wire]))) continue;
      if (succeeds(() => this.#routes.send([newRoute({ first: address, prefixBits: 32 }, index)]))) return address;
      succeeds(() => this.#routes.send([deleteLink(index)]));
    }
    throw new Error("every address for functions is in use");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#names?.[Symbol.asyncDispose]();
    this.#filters[Symbol.dispose]();
    this.#forwarding[Symbol.dispose]();
    this.#routes[Symbol.dispose]();
    this.#router.close();
  }

  get #gateway(): number {
    return this.#block.first + 2;
  }

  /** Resolves with the block of addresses that the machine now routes to us. */
  #connectRouter(host: NetlinkSocket, name: string): IpRange {
    host.send([newVethPair({ name, index: 0 }, { name: "out", index: outIndex }, this.#router.descriptor)]);
    const index = linkIndex(host, name);
    const block = freeBlock((candidate) => {
      // Another daemon may have been faster.
      return succeeds(() => host.send([newAddress(index, candidate.first + 1), newRoute(candidate, index, candidate.first + 2)]));
    });
    const [machine, router] = [block.first + 1, block.first + 2];
    this.#routes.send([setUp(loopbackIndex), setUp(outIndex), newAddress(outIndex, router), newRoute(everywhere, outIndex, machine)]);
    return block;
  }

  async #serveNames(): Promise<void> {
    const sockets = (["datagram", "stream"] as const).map((type) => this.#router.boundSocket(type, this.#gateway, 53)) as [number, number];
    this.#names = await NameServer.open({ datagrams: sockets[0], streams: sockets[1] }, this.#options.clock);
  }
}

/** Whether it does, or fails because what it makes is there, or is just going. */
function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof NetlinkError && ["EEXIST", "ENODEV"].includes(error.code)) return false;
    throw error;
  }
}

const blockSize = ({ prefixBits }: IpRange): number => 2 ** (32 - prefixBits);

const version6Folder = "/proc/sys/net/ipv6";

/** Run inside of it, before its interfaces come. Nothing that is of IPv6 passes it. */
function becomeRouter(): void {
  for (const [name, value] of [
    ["ipv4/ip_forward", "1"],
    // What says to come from an address to which there is another way is dropped: nobody sends in another's name.
    ["ipv4/conf/all/rp_filter", "1"],
  ] as const)
    writeFileSync(`/proc/sys/net/${name}`, value);
  if (existsSync(version6Folder)) writeFileSync(`${version6Folder}/conf/default/disable_ipv6`, "1");
}

/** What is refused on the machine has no route to begin with, so that programs hear of it at once. */
function waysOut(gateway: number, policy: OutboundPolicy): { before: Buffer[]; after: Buffer[] } {
  // By a message, because files below /proc/sys/net are the slower to find the more namespaces there are.
  const before = [...(existsSync(version6Folder) ? [withoutVersion6(outIndex)] : []), setUp(outIndex)];
  const after = [
    newRoute({ first: gateway, prefixBits: 32 }, outIndex),
    ...policy.allowed.map((range) => newRoute(range, outIndex, gateway)),
    ...(policy.internet ? [newRoute(everywhere, outIndex, gateway)] : []),
    ...deniedRanges(policy).map(noRoute),
  ];
  return { before: before.map(encodeMessage), after: after.map(encodeMessage) };
}
