/**
 * A machine of one's own, as far as networks go: the test's process starts anew in a network namespace from which no way leads anywhere, and an
 * internet is put together in another one. Whatever goes wrong, nothing leaves this machine.
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { addressNumber, ipRange } from "#kit/ip-range.ts";
import { parseQuery } from "#sandbox/drivers/linux/network/dns-message.ts";
import { netlinkFamily, NetlinkSocket } from "#sandbox/drivers/linux/network/netlink.ts";
import { NetworkNamespace } from "#sandbox/drivers/linux/network/network-namespace.ts";
import { linkIndex, loopbackIndex, newAddress, newRoute, newVethPair, setUp } from "#sandbox/drivers/linux/network/rtnetlink.ts";
import type { SystemCalls } from "#sandbox/drivers/linux/system-calls.ts";

const marker = "PILOTLIGHT_TEST_MACHINE";

/** Addresses of the machine: of its network, of the internet, of a network of containers, and the first is where it is to be seen. */
export const machineAddresses = { lan: "192.0.2.2", public: "11.0.2.2", containers: "172.17.0.1" };
/** Where somebody answers at the other end of the wire. */
export const elsewhere = {
  public: "11.0.0.10",
  resolver: "10.255.255.53",
  private: ["10.0.0.5", "172.16.0.5", "192.168.1.5", "100.64.0.5", "169.254.169.254", "192.0.2.1", "198.18.200.5", "240.0.0.5"],
};
export const names: Readonly<Record<string, string>> = {
  "public.example": elsewhere.public,
  "private.example": "10.0.0.5",
  "metadata.example": "169.254.169.254",
};
/** Its answer does not fit into a datagram. */
export const longName = "long.example";
const longAnswers = 100;

/** To be called before anything is opened: comes back in the process that has the machine for itself. */
export function enterOwnMachine(): void {
  if (process.env[marker] !== undefined) {
    assert.doesNotMatch(readFileSync("/proc/net/dev", "utf8"), /eth|en/, "this is not a machine of our own");
    return;
  }
  const script = `set -e; resolvers=$(mktemp); echo nameserver ${elsewhere.resolver} > "$resolvers"; mount --bind "$resolvers" /etc/resolv.conf; rm "$resolvers"; exec "$@"`;
  process.execve!(
    "/usr/bin/unshare",
    [
      "unshare",
      "--net",
      "--mount",
      "--propagation",
      "private",
      "--",
      "/bin/sh",
      "-c",
      script,
      "sh",
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    { ...process.env, [marker]: "1" },
  );
}

export interface Internet extends AsyncDisposable {
  /** Where TCP, UDP and HTTP are answered: on all addresses. TCP tells the address it sees; UDP sends back; HTTP redirects to `/?to=`. */
  ports: { tcp: number; udp: number; http: number };
  /** Payloads of the datagrams that have come, with the address they seemed to come from. */
  datagrams: string[];
}

/** Connects the machine, by a default route, to an internet in which all of `elsewhere` is served by this process. */
export async function openInternet(calls: SystemCalls): Promise<Internet> {
  const inside: NetlinkSocket[] = [];
  const space = new NetworkNamespace(calls, () => void inside.push(new NetlinkSocket(calls, netlinkFamily.route, "the internet")));
  const [there] = inside as [NetlinkSocket];
  using here = new NetlinkSocket(calls, netlinkFamily.route, "the machine");
  here.send([setUp(loopbackIndex), newVethPair({ name: "eth0", index: 0 }, { name: "eth0", index: 2 }, space.descriptor)]);
  const index = linkIndex(here, "eth0");
  const gateway = "192.0.2.1";
  there.send([
    setUp(loopbackIndex),
    setUp(2),
    ...[elsewhere.public, elsewhere.resolver, ...elsewhere.private].map((address) => newAddress(2, addressNumber(address))),
    newRoute(ipRange("192.0.2.2"), 2),
    newRoute(ipRange("11.0.2.2"), 2, addressNumber("192.0.2.2")),
  ]);
  here.send([
    ...Object.values(machineAddresses).map((address) => newAddress(index, addressNumber(address))),
    newRoute(ipRange(gateway), index),
    newRoute(ipRange("0.0.0.0/0"), index, addressNumber(gateway)),
  ]);
  there[Symbol.dispose]();
  const ports = { tcp: 7, udp: 7, http: 80 };
  const datagrams: string[] = [];
  const tcp = createTcpServer((socket) => void socket.on("error", () => {}).end(socket.remoteAddress ?? ""));
  const http = createServer(({ url = "" }, reply) => {
    const to = new URL(url, "http://x").searchParams.get("to");
    reply.writeHead(to === null ? 200 : 302, to === null ? {} : { location: to }).end("here");
  });
  const udp = createSocket("udp4").on("message", (message, { address, port }) => {
    datagrams.push(`${message.toString()} from ${address}`);
    udp.send(message, port, address);
  });
  const resolvers = openResolver(space);
  const listening = Promise.all([tcp, http, udp, resolvers.tcp].map((server) => once(server, "listening")));
  udp.bind({ fd: space.boundSocket("datagram", 0, ports.udp) });
  tcp.listen({ fd: space.boundSocket("stream", 0, ports.tcp) });
  http.listen({ fd: space.boundSocket("stream", 0, ports.http) });
  await listening;
  return {
    ports,
    datagrams,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      for (const server of [tcp, http, udp, resolvers.udp, resolvers.tcp]) server.close();
      space.close();
    },
  };
}

function openResolver(space: NetworkNamespace) {
  const address = addressNumber(elsewhere.resolver);
  const udp = createSocket("udp4").on("message", (query, { address: client, port }) => udp.send(resolve(query, true), port, client));
  const tcp: Server = createTcpServer((socket) => {
    socket
      .on("error", () => {})
      .once("data", (query: Buffer) => {
        const answer = resolve(query.subarray(2), false);
        socket.end(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 0xff), answer]));
      });
  });
  udp.bind({ fd: space.boundSocket("datagram", address, 53) });
  tcp.listen({ fd: space.boundSocket("stream", address, 53) });
  return { udp, tcp };
}

/** Knows `names` and `longName`; other names do not exist. */
function resolve(message: Buffer, mayTruncate: boolean): Buffer {
  const query = parseQuery(message)!;
  const known =
    query.name === longName ? Array.from({ length: longAnswers }, (_, index) => `11.0.3.${index}`) : [names[query.name] ?? []].flat();
  const isTruncated = mayTruncate && known.length > 1;
  const addresses = query.type === 1 && !isTruncated ? known : [];
  const header = Buffer.from([0, 0, isTruncated ? 0x83 : 0x81, known.length > 0 ? 0x80 : 0x83, 0, 1, 0, addresses.length, 0, 0, 0, 0]);
  message.copy(header, 0, 0, 2);
  const answers = addresses.map((address) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]));
  return Buffer.concat([header, message.subarray(12, query.endAt), ...answers]);
}
