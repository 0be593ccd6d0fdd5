import type { IpRange } from "#kit/ip-range.ts";
import {
  accept,
  comesFrom,
  drop,
  exceeds,
  from,
  goesTo,
  goTo,
  into,
  isKnown,
  isNew,
  isNotRedirected,
  masquerade,
  notInto,
  ofVersion4,
  portIs,
  protocolIs,
  refuse,
  type Chain,
  type Rule,
  type Table,
} from "./nf-tables.ts";
import { deniedRanges, type OutboundPolicy } from "./policy.ts";

const protocol = { tcp: 6, udp: 17 };
/** As many connections as an environment may have files open. Each takes a place in the machine's table of connections. */
const maxConnections = 1_024;
const outInterface = "out";
/** After the destination has been rewritten, as container engines do for ports that they publish, and before most firewalls. */
const filterPriority = -10;
const masqueradePriority = 100;

/** Tables of all daemons of the machine begin so. */
export const hostTablePrefix = "pilotlight-out-";
const guardTablePrefix = "pilotlight-guard-";

/** In the router's own namespace: names are asked for here, everything else goes out or nowhere. */
export const routerTable: Table = {
  name: "pilotlight",
  isOwned: false,
  counters: ["connections"],
  chains: [
    {
      name: "input",
      hook: { type: "filter", at: "input", priority: filterPriority, otherwise: "drop" },
      rules: [
        [...from(outInterface), drop],
        ...Object.values(protocol).map((number): Rule => [...protocolIs(number), ...portIs(53), accept]),
        [refuse],
      ],
    },
    {
      name: "forward",
      hook: { type: "filter", at: "forward", priority: filterPriority, otherwise: "drop" },
      rules: [
        [...isKnown, accept],
        [...from(outInterface), drop],
        [...notInto(outInterface), refuse],
        [...ofVersion4, ...isNew, ...exceeds("connections", maxConnections), refuse],
        [...ofVersion4, ...isNew, accept],
      ],
    },
  ],
};

/** On the machine itself: the policy, whatever functions try. `name` is that of the interface by which their packets come. */
export function hostTable(name: string, block: IpRange, policy: OutboundPolicy): Table {
  const decide: Chain = {
    name: "policy",
    rules: [
      [...ofVersion4, ...isKnown, accept],
      ...policy.allowed.map((range): Rule => [...ofVersion4, ...comesFrom(block), ...goesTo(range), accept]),
      ...deniedRanges(policy).map((range): Rule => [...ofVersion4, ...goesTo(range), refuse]),
      [...ofVersion4, ...comesFrom(block), accept],
      [drop],
    ],
  };
  const forward: Chain = {
    name: "forward",
    hook: { type: "filter", at: "forward", priority: filterPriority, otherwise: "accept" },
    rules: [
      [...from(name), goTo(decide.name)],
      [...into(name), ...isKnown, accept],
      [...into(name), drop],
    ],
  };
  const input: Chain = {
    name: "input",
    hook: { type: "filter", at: "input", priority: filterPriority, otherwise: "accept" },
    // All addresses of this machine end here, whatever range they are of.
    rules: [
      ...policy.allowed.map((range): Rule => [...from(name), ...ofVersion4, ...comesFrom(block), ...goesTo(range), accept]),
      [...from(name), ...ofVersion4, refuse],
      [...from(name), drop],
    ],
  };
  const hide: Chain = {
    name: "masquerade",
    hook: { type: "nat", at: "postrouting", priority: masqueradePriority, otherwise: "accept" },
    rules: [[...ofVersion4, ...comesFrom(block), ...notInto(name), masquerade]],
  };
  return { name: `${hostTablePrefix}${name}`, isOwned: true, chains: [decide, forward, input, hide] };
}

/**
 * An interface on which we switched on forwarding, for the answers that come in by it, would pass on what strangers send, too. So whatever begins
 * there is dropped, unless it was sent to a port that this machine hands on. It stays when we are killed, as the forwarding does.
 */
export const guardTable = (interfaceName: string): Table => ({
  name: `${guardTablePrefix}${interfaceName}`,
  isOwned: false,
  chains: [
    {
      name: "forward",
      hook: { type: "filter", at: "forward", priority: filterPriority, otherwise: "accept" },
      rules: [[...from(interfaceName), ...isNew, ...isNotRedirected, drop]],
    },
  ],
});

/** The interface that a table of this name guards, if it is such a table. */
export const guardedInterface = (tableName: string): string | undefined =>
  tableName.startsWith(guardTablePrefix) ? tableName.slice(guardTablePrefix.length) : undefined;
