import { maskOf, type IpRange } from "#kit/ip-range.ts";
import { be32, create, decodeAttributes, decodeText, u32, type Attribute, type Message, type NetlinkSocket } from "./netlink.ts";

/**
 * The kernel's packet filter: tables of chains of rules, and a rule is a list of expressions that pass values on in registers. Changes are made
 * all together or not at all.
 *
 * Numbers: https://github.com/torvalds/linux/blob/master/include/uapi/linux/netfilter/nf_tables.h
 */
const subsystem = 10 << 8;
const messageType = { newTable: 0, getTable: 1, deleteTable: 2, newChain: 3, getChain: 4, newRule: 6, newSet: 9 };
const batch = { begin: 0x10, end: 0x11 };
const tableAttribute = { name: 1, flags: 2 };
const chainAttribute = { table: 1, name: 3, hook: 4, policy: 5, type: 7 };
const hookAttribute = { number: 1, priority: 2 };
const ruleAttribute = { table: 1, chain: 2, expressions: 4 };
const setAttribute = { table: 1, name: 2, flags: 3, keyType: 4, keyBytes: 5, description: 9, id: 10 };
const append = 0x800;

/** NFPROTO_INET: IPv4 and IPv6 alike. */
const inet = 1;
/** NFT_TABLE_F_OWNER: the table is gone when the socket is that made it, however this process ends. Linux 5.12 and later. */
const isOwned = 0x2;
/** NFT_SET_EVAL: rules add elements to it. */
const isFilledByRules = 0x20;
const verdictRegister = 0;
const register = 1;

type Expression = readonly Attribute[];
/** What a rule checks, and what it does with the packets for which all of it holds. */
export type Rule = readonly Expression[];

export interface Chain {
  name: string;
  /** Where the kernel enters it; a chain without one is jumped to. */
  hook?: { type: "filter" | "nat"; at: keyof typeof hooks; priority: number; otherwise: "accept" | "drop" };
  rules: readonly Rule[];
}

export interface Table {
  name: string;
  /** Whether it goes when its maker goes. */
  isOwned: boolean;
  /** Names of sets in which rules count something per IPv4 address. */
  counters?: readonly string[];
  chains: readonly Chain[];
}

const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 };
/** How many addresses a counter can hold. */
const counterSize = 16_384;

/** Throws `NetlinkError`, and then nothing has changed. */
export function makeTable(socket: NetlinkSocket, { name, isOwned: goesWithUs, counters = [], chains }: Table): void {
  const table = {
    type: messageType.newTable,
    attributes: [
      [tableAttribute.name, name],
      [tableAttribute.flags, be32(goesWithUs ? isOwned : 0)],
    ],
  } as const;
  socket.send(
    inOneStep([
      { ...table, flags: create },
      ...counters.map((counter, index) => newSet(name, counter, index + 1)),
      // All chains before the rules that jump to them.
      ...chains.map((chain) => newChain(name, chain)),
      ...chains.flatMap((chain) => chain.rules.map((rule) => newRule(name, chain.name, rule))),
    ]),
  );
}

export function deleteTable(socket: NetlinkSocket, name: string): void {
  socket.send(inOneStep([{ type: messageType.deleteTable, attributes: [[tableAttribute.name, name]] }]));
}

export function tableNames(socket: NetlinkSocket): string[] {
  return list(socket, messageType.getTable).map((attributes) => decodeText(attributes.get(tableAttribute.name) as Buffer));
}

/** Chains at the hook of forwarding that drop what no rule of theirs accepts. */
export function droppingForwarders(socket: NetlinkSocket): { table: string; chain: string }[] {
  return list(socket, messageType.getChain).flatMap((attributes) => {
    const hook = decodeAttributes(attributes.get(chainAttribute.hook) ?? Buffer.alloc(0));
    const drops = attributes.get(chainAttribute.policy)?.readUInt32BE() === 0;
    if (!drops || hook.get(hookAttribute.number)?.readUInt32BE() !== hooks.forward) return [];
    return [
      {
        table: decodeText(attributes.get(chainAttribute.table) as Buffer),
        chain: decodeText(attributes.get(chainAttribute.name) as Buffer),
      },
    ];
  });
}

interface Change {
  type: number;
  flags?: number;
  attributes: readonly Attribute[];
}

function inOneStep(changes: readonly Change[]): Message[] {
  const edge = (type: number): Message => ({ type, header: Buffer.from([0, 0, 0, subsystem >> 8]) });
  return [
    edge(batch.begin),
    ...changes.map((change) => ({ ...change, type: subsystem | change.type, header: familyHeader(inet) })),
    edge(batch.end),
  ];
}

function list(socket: NetlinkSocket, type: number): Map<number, Buffer>[] {
  const anyFamily = familyHeader(0);
  return socket.ask({ type: subsystem | type, header: anyFamily }, true).map((body) => decodeAttributes(body.subarray(anyFamily.length)));
}

/** struct nfgenmsg */
const familyHeader = (family: number): Buffer => Buffer.from([family, 0, 0, 0]);

function newChain(table: string, { name, hook }: Chain): Change {
  const attributes: Attribute[] = [
    [chainAttribute.table, table],
    [chainAttribute.name, name],
  ];
  if (hook) {
    const place: Attribute[] = [
      [hookAttribute.number, be32(hooks[hook.at])],
      [hookAttribute.priority, be32(hook.priority)],
    ];
    const policy = be32(hook.otherwise === "accept" ? 1 : 0);
    attributes.push([chainAttribute.hook, place], [chainAttribute.type, hook.type], [chainAttribute.policy, policy]);
  }
  return { type: messageType.newChain, flags: create, attributes };
}

function newRule(table: string, chain: string, rule: Rule): Change {
  const expressions = rule.map((expression): Attribute => [listElement, expression]);
  const attributes: Attribute[] = [
    [ruleAttribute.table, table],
    [ruleAttribute.chain, chain],
    [ruleAttribute.expressions, expressions],
  ];
  return { type: messageType.newRule, flags: create | append, attributes };
}

function newSet(table: string, name: string, id: number): Change {
  const attributes: Attribute[] = [
    [setAttribute.table, table],
    [setAttribute.name, name],
    [setAttribute.flags, be32(isFilledByRules)],
    [setAttribute.keyType, be32(0)],
    [setAttribute.keyBytes, be32(4)],
    [setAttribute.description, [[1, be32(counterSize)]]],
    [setAttribute.id, be32(id)],
  ];
  return { type: messageType.newSet, flags: create, attributes };
}

const listElement = 1;
const expression = (name: string, data: readonly Attribute[]): Expression => [
  [1, name],
  [2, data],
];

const meta = (key: number): Expression =>
  expression("meta", [
    [1, be32(register)],
    [2, be32(key)],
  ]);
const conntrack = (key: number): Expression =>
  expression("ct", [
    [1, be32(register)],
    [2, be32(key)],
  ]);
const compare = (isEqual: boolean, value: Buffer): Expression =>
  expression("cmp", [
    [1, be32(register)],
    [2, be32(isEqual ? 0 : 1)],
    [3, [[1, value]]],
  ]);
const masked = (mask: Buffer): Expression =>
  expression("bitwise", [
    [1, be32(register)],
    [2, be32(register)],
    [3, be32(mask.length)],
    [4, [[1, mask]]],
    [5, [[1, Buffer.alloc(mask.length)]]],
  ]);
const payload = (from: "network" | "transport", offset: number, sizeBytes: number): Expression =>
  expression("payload", [
    [1, be32(register)],
    [2, be32(from === "network" ? 1 : 2)],
    [3, be32(offset)],
    [4, be32(sizeBytes)],
  ]);
const verdict = (code: number, chain?: string): Expression =>
  expression("immediate", [
    [1, be32(verdictRegister)],
    [2, [[2, [[1, be32(code)], ...(chain === undefined ? [] : [[2, chain] as const])]]]],
  ]);

/** NFT_META_*: the keys of what the kernel knows of a packet besides its bytes. */
const metaKey = { inputName: 6, outputName: 7, version: 15, protocol: 16 };
const nameBytes = 16;
const padded = (name: string): Buffer => Buffer.alloc(nameBytes, 0).fill(name, 0, name.length);
const at = { source: 12, destination: 16 };
/** Bits of the state and of the status of a connection: NF_CT_STATE_BIT, IPS_DST_NAT. */
const connectionBit = { established: 2, related: 4, new: 8 };
const redirectedBit = 0x20;

export const from = (interfaceName: string): Expression[] => [meta(metaKey.inputName), compare(true, padded(interfaceName))];
export const into = (interfaceName: string): Expression[] => [meta(metaKey.outputName), compare(true, padded(interfaceName))];
export const notInto = (interfaceName: string): Expression[] => [meta(metaKey.outputName), compare(false, padded(interfaceName))];
export const ofVersion4: Expression[] = [meta(metaKey.version), compare(true, Buffer.of(2))];

const addressIn = (offset: number, range: IpRange): Expression[] => [
  payload("network", offset, 4),
  ...(range.prefixBits === 32 ? [] : [masked(be32(maskOf(range)))]),
  compare(true, be32(range.first)),
];
/** Holds for IPv4 only if that was checked before. */
export const comesFrom = (range: IpRange): Expression[] => addressIn(at.source, range);
export const goesTo = (range: IpRange): Expression[] => addressIn(at.destination, range);

export const protocolIs = (protocol: number): Expression[] => [meta(metaKey.protocol), compare(true, Buffer.of(protocol))];
/** Of TCP and UDP. */
export const portIs = (port: number): Expression[] => [payload("transport", 2, 2), compare(true, Buffer.of(port >> 8, port & 0xff))];

const stateHas = (bits: number): Expression[] => [conntrack(0), masked(u32(bits)), compare(false, u32(0))];
/** Belongs to a connection that was let through when it began. */
export const isKnown: Expression[] = stateHas(connectionBit.established | connectionBit.related);
export const isNew: Expression[] = stateHas(connectionBit.new);
/** Was not addressed to where it goes: this machine hands on what comes to one of its ports. */
export const isNotRedirected: Expression[] = [conntrack(2), masked(u32(redirectedBit)), compare(true, u32(0))];

/** Its source address has more connections than that. Counted in the set, so a rule with it comes after what is not to be counted. */
export const exceeds = (counter: string, limit: number): Expression[] => [
  payload("network", at.source, 4),
  expression("dynset", [
    [1, counter],
    [3, be32(0)],
    [4, be32(register)],
    [
      7,
      expression("connlimit", [
        [1, be32(limit)],
        [2, be32(1)],
      ]),
    ],
  ]),
];

export const accept: Expression = verdict(1);
export const drop: Expression = verdict(0);
/** The sender is told, as by a machine on which nobody listens. */
export const refuse: Expression = expression("reject", [
  [1, be32(2)],
  [2, Buffer.of(1)],
]);
export const masquerade: Expression = expression("masq", []);
export const goTo = (chain: string): Expression => verdict(-4, chain);
