import type { IpRange } from "#kit/ip-range.ts";
import { be32, create, createOrKeep, encodeAttributes, u32, type Attribute, type Message, type NetlinkSocket } from "./netlink.ts";

/**
 * Interfaces, addresses and routes, as messages: https://man7.org/linux/man-pages/man7/rtnetlink.7.html
 * Numbers: https://github.com/torvalds/linux/blob/master/include/uapi/linux/rtnetlink.h and if_link.h
 */
const messageType = { newLink: 16, deleteLink: 17, getLink: 18, newAddress: 20, newRoute: 24, getRoute: 26 };
const linkAttribute = { name: 3, info: 18, ofFamilies: 26, namespaceDescriptor: 28, sendQueues: 31, receiveQueues: 32 };
const linkInfo = { kind: 1, data: 2 };
/** IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE */
const [waysToAddresses, noAddresses] = [8, Buffer.of(1)];
const vethPeer = 1;
const addressAttribute = { address: 1, local: 2 };
const routeAttribute = { destination: 1, interface: 4, gateway: 5 };

const [version4, version6] = [2, 10];
const isUp = 0x1;
const mainTable = 254;
/** RTPROT_STATIC */
const madeByHand = 4;
const scope = { universe: 0, link: 253 };
const routeType = { unicast: 1, throw: 9 };
/** RTNH_F_ONLINK: the gateway is at the other end of the wire, although no range of addresses says so. */
const isOnLink = 4;

/** The interface of loopback is the first one of every namespace. */
export const loopbackIndex = 1;

export interface VethEnd {
  name: string;
  /** Zero takes any that is free. */
  index: number;
}

/** By default an interface has as many as the machine has processors, and each takes its time to make. */
const oneQueue: readonly Attribute[] = [
  [linkAttribute.sendQueues, u32(1)],
  [linkAttribute.receiveQueues, u32(1)],
];

/** A wire with an interface at both ends: one here, which is up, the other one in the namespace of that descriptor, which cannot be up yet. */
export function newVethPair(here: VethEnd, there: VethEnd, namespaceDescriptor: number): Message {
  const peer = encodeAttributes([
    [linkAttribute.name, there.name],
    [linkAttribute.namespaceDescriptor, u32(namespaceDescriptor)],
    ...oneQueue,
  ]);
  const data = [[vethPeer, Buffer.concat([linkHeader(there.index, 0), peer])]] as const;
  return {
    type: messageType.newLink,
    flags: create,
    header: linkHeader(here.index),
    attributes: [
      [linkAttribute.name, here.name],
      ...oneQueue,
      [
        linkAttribute.info,
        [
          [linkInfo.kind, "veth"],
          [linkInfo.data, data],
        ],
      ],
    ],
  };
}

export const setUp = (index: number): Message => ({ type: messageType.newLink, header: linkHeader(index) });

/** That interface, which must not be up yet, gets no address of IPv6 when it is. Fails where the kernel has none of it. */
export const withoutVersion6 = (index: number): Message => ({
  type: messageType.newLink,
  header: linkHeader(index, 0),
  attributes: [[linkAttribute.ofFamilies, [[version6, [[waysToAddresses, noAddresses]]]]]],
});

/** Takes the other end along. */
export const deleteLink = (index: number): Message => ({ type: messageType.deleteLink, header: linkHeader(index) });

/** The index of the interface of that name. */
export function linkIndex(socket: NetlinkSocket, name: string): number {
  const [found] = socket.ask({ type: messageType.getLink, header: linkHeader(0), attributes: [[linkAttribute.name, name]] }, false);
  return (found as Buffer).readInt32LE(4);
}

/** An address of that interface, without others around it. */
export function newAddress(index: number, address: number): Message {
  const header = Buffer.from([version4, 32, 0, scope.universe, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  return {
    type: messageType.newAddress,
    flags: create,
    header,
    attributes: [
      [addressAttribute.local, be32(address)],
      [addressAttribute.address, be32(address)],
    ],
  };
}

/** What goes there leaves by that interface: to its owner at the other end, or to a gateway there. */
export function newRoute(range: IpRange, index: number, gateway?: number): Message {
  return {
    type: messageType.newRoute,
    flags: create,
    header: routeHeader(
      range,
      routeType.unicast,
      gateway === undefined ? scope.link : scope.universe,
      gateway === undefined ? 0 : isOnLink,
    ),
    attributes: [
      [routeAttribute.destination, be32(range.first)],
      [routeAttribute.interface, u32(index)],
      ...(gateway === undefined ? [] : [[routeAttribute.gateway, be32(gateway)] as const]),
    ],
  };
}

/** What goes there finds no way: the program is told at once that the network is unreachable. */
export const noRoute = (range: IpRange): Message => ({
  type: messageType.newRoute,
  flags: createOrKeep,
  header: routeHeader(range, routeType.throw, scope.universe, 0),
  attributes: [[routeAttribute.destination, be32(range.first)]],
});

/** struct ifinfomsg */
function linkHeader(index: number, flags = isUp): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(flags, 12);
  return header;
}

function routeHeader({ prefixBits }: IpRange, type: number, reach: number, flags: number): Buffer {
  const header = Buffer.from([version4, prefixBits, 0, 0, mainTable, madeByHand, reach, type, 0, 0, 0, 0]);
  header.writeUInt32LE(flags, 8);
  return header;
}
