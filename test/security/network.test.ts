/**
 * The way out of isolated functions, on a machine and an internet of our own (test/support/own-machine.ts): they reach public addresses, by TCP, UDP
 * and name; nothing else, whatever they try; and nothing stays behind.
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sleep, systemClock } from "#kit/clock.ts";
import { addressNumber, addressText, ipRange } from "#kit/ip-range.ts";
import { create, netlinkFamily, NetlinkSocket } from "#sandbox/drivers/linux/network/netlink.ts";
import { NetworkNamespace } from "#sandbox/drivers/linux/network/network-namespace.ts";
import { tableNames } from "#sandbox/drivers/linux/network/nf-tables.ts";
import { OutboundNetwork } from "#sandbox/drivers/linux/network/outbound.ts";
import { newAddress, newRoute } from "#sandbox/drivers/linux/network/rtnetlink.ts";
import { loadSystemCalls, type SystemCalls } from "#sandbox/drivers/linux/system-calls.ts";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { isolatingDrivers } from "#test/oci.ts";
import { elsewhere, enterOwnMachine, type Internet, longName, machineAddresses, openInternet } from "#test/own-machine.ts";
import { type Product, spawnProduct, startProduct } from "#test/product.ts";
import { canIsolate } from "#test/traces.ts";
import { type Attack, attackerSource } from "./attack-list.ts";

if (canIsolate) enterOwnMachine();

const isolated = ["--isolation", "namespaces"];
const switchOfForwarding = "/proc/sys/net/ipv4/conf/eth0/forwarding";

const options = { skip: !canIsolate && "takes Linux on x86-64, and root" };
let calls: SystemCalls;
let internet: Internet;

before(async () => {
  if (!canIsolate) return;
  calls = (await loadSystemCalls())!;
  internet = await openInternet(calls);
  assert.deepEqual(traces(), []);
});
after(() => internet?.[Symbol.asyncDispose]());

/** Interfaces, tables and switches of this machine that are there for the sake of functions. */
function traces(): string[] {
  using filters = new NetlinkSocket(calls, netlinkFamily.netfilter, "the test");
  const interfaces = [...readFileSync("/proc/self/net/dev", "utf8").matchAll(/^\s*(pl-\w+):/gm)].map(([, name]) => name as string);
  const isForwarding = readFileSync(switchOfForwarding, "utf8").trim() === "1";
  return [...interfaces, ...tableNames(filters), ...(isForwarding ? ["forwarding"] : [])];
}

/** The kernel takes its time with interfaces. */
const noTraces = (): Promise<unknown> =>
  eventually(
    async () => traces(),
    ({ length }) => length === 0,
  );

const connectTo = (host: string, port: number): string => `return connect({ host: ${JSON.stringify(host)}, port: ${port} });`;
const askBy = (body: string): string => `const dns = require("node:dns").promises; ${body}`;
const unreachable = "ENETUNREACH";

const ways: Attack[] = [
  [
    "reaches the internet, as this machine",
    `const socket = net.connect(7, "${elsewhere.public}"); return String(await new Promise((resolve) => socket.once("data", resolve)));`,
    machineAddresses.lan,
  ],
  [
    "reaches the internet by datagrams",
    `const socket = require("node:dgram").createSocket("udp4");
      const echo = new Promise((resolve) => socket.once("message", resolve));
      socket.send("ping", 7, "${elsewhere.public}");
      try { return String(await echo); } finally { socket.close(); }`,
    "ping",
  ],
  ["reaches the internet by name", 'return (await fetch("http://public.example/")).text();', "here"],
  ["asks for names", askBy('return dns.resolve4("public.example");'), [elsewhere.public]],
  ["asks for a name with many addresses", askBy(`return (await dns.resolve4("${longName}")).length;`), 100],
  ["asks for a name that does not exist", askBy('return dns.lookup("nobody.example");'), "ENOTFOUND"],
  ["finds itself below localhost", askBy('return (await dns.lookup("bucket.s3.localhost", { family: 4 })).address;'), "127.0.0.1"],
  [
    "finds this product below localhost",
    "const { port } = new URL(process.env.AWS_ENDPOINT_URL); return (await fetch(`http://pilotlight.localhost:${port}/_pilotlight/health`)).status;",
    200,
  ],
  ["has no version 6 of it", connectTo("2600:1f00::1", 80), /^E(NETUNREACH|ADDRNOTAVAIL)$/],
  [
    "has no address of version 6 but loopback's",
    'return Object.values(os.networkInterfaces()).flat().filter(({ family }) => family === "IPv6").map(({ address }) => address);',
    ["::1"],
  ],
];

const tricks: Attack[] = [
  ...elsewhere.private.map((address): Attack => [`reaches ${address}`, connectTo(address, 7), unreachable]),
  ["reaches the resolver of this machine", connectTo(elsewhere.resolver, 53), unreachable],
  ["reaches this machine in its network", connectTo(machineAddresses.lan, 7), unreachable],
  ["reaches this machine by its public address", connectTo(machineAddresses.public, 7), "ECONNREFUSED"],
  ["reaches this machine where containers are", connectTo(machineAddresses.containers, 7), unreachable],
  ["reaches the machine's end of the wire", connectTo("198.18.0.1", 7), unreachable],
  ["reaches the router", connectTo("198.18.0.2", 7), "ECONNREFUSED"],
  ["reaches private addresses written as version 6", connectTo("::ffff:10.0.0.5", 7), unreachable],
  ["reaches private addresses by NAT64", connectTo("64:ff9b::a00:5", 7), /^E(NETUNREACH|ADDRNOTAVAIL)$/],
  ["reaches private addresses as one number", connectTo("167772165", 7), unreachable],
  ["reaches the machine as 0.0.0.0", connectTo("0.0.0.0", 7), "ECONNREFUSED"],
  ["reaches private addresses by name", connectTo("private.example", 7), unreachable],
  ["reaches the metadata service by name", connectTo("metadata.example", 80), unreachable],
  [
    "is redirected to a private address",
    `return fetch("http://public.example/?to=http://10.0.0.5/").catch((error) => error.cause.code);`,
    unreachable,
  ],
  [
    "speaks to a whole network",
    'const socket = require("node:dgram").createSocket("udp4"); await new Promise((resolve) => socket.bind(resolve)); socket.setBroadcast(true); return new Promise((resolve) => socket.send("x", 7, "255.255.255.255", (error) => { socket.close(); resolve(error?.code); }));',
    unreachable,
  ],
  [
    "speaks to a group",
    'const socket = require("node:dgram").createSocket("udp4"); return new Promise((resolve) => socket.send("x", 7, "224.0.0.1", (error) => { socket.close(); resolve(error?.code); }));',
    unreachable,
  ],
  ["speaks to the router by version 6", connectTo("fe80::1%eth0", 53), /^E(NETUNREACH|ADDRNOTAVAIL)$/],
  [
    "speaks to a group by version 6",
    'const socket = require("node:dgram").createSocket("udp6"); return new Promise((resolve) => socket.send("x", 7, "ff02::1%eth0", (error) => { socket.close(); resolve(error?.code); }));',
    /^E(NETUNREACH|ADDRNOTAVAIL)$/,
  ],
  [
    "takes an address of version 6",
    'return run("/usr/sbin/ip -6 address add fd00::2/64 dev eth0 2>&1 || echo refused").trim().split("\\n").at(-1);',
    "refused",
  ],
  ["makes packets of its own", "return syscall(41, 2, 3, 255);", "errno 1"],
  [
    "sends in another's name",
    `const own = os.networkInterfaces().eth0.find(({ family }) => family === "IPv4").address;
      const other = own.replace(/\\d+$/, (last) => (Number(last) ^ 1));
      return new Promise((resolve) => require("node:dgram").createSocket("udp4").on("error", (error) => resolve(error.code)).bind(0, other, () => resolve(other)));`,
    "EADDRNOTAVAIL",
  ],
  ["changes its routes", 'return run("/usr/sbin/ip route del default 2>&1 || echo refused").trim().split("\\n").at(-1);', "refused"],
];

for (const { isolation, skip } of isolatingDrivers) describe(`a function on ${isolation}`, { skip }, () => waysOut(isolation));

function waysOut(isolation: string): void {
  let product: Product;

  before(async () => {
    product = await startProduct({}, "--isolation", isolation);
    await createFunction(product.lambda, "attacker", attackerSource, { MemorySize: 1769, Timeout: 30 });
  });

  after(async () => {
    assert.equal(traces().length, 4, "an interface, a table, a guard, and forwarding should be found, or that they go proves nothing");
    await product[Symbol.asyncDispose]();
    await noTraces();
  });

  const attack = async (body: string): Promise<unknown> =>
    payloadOf(await product.lambda.invoke({ FunctionName: "attacker", Payload: JSON.stringify(body) }));

  for (const [name, body, outcome] of [...ways, ...tricks]) {
    test(`that ${name}`, async () => {
      const result = await attack(body as string);
      if (outcome instanceof RegExp) assert.match(String(result), outcome);
      else assert.deepEqual(result, outcome);
    });
  }

  test("that listens is found by nobody", async () => {
    const source = `
      const server = require("node:net").createServer((socket) => socket.end("found")).listen(8007, "0.0.0.0");
      exports.handler = async () => require("node:os").networkInterfaces().eth0[0].address;`;
    await createFunction(product.lambda, "neighbour", source);
    const address = payloadOf(await product.lambda.invoke({ FunctionName: "neighbour" })) as string;
    assert.match(address, /^198\.18\.0\.\d+$/);
    assert.equal(await attack(connectTo(address, 8007)), unreachable);
    assert.equal(await outcomeOf(connect(8007, address)), "silence");
  });
}

const outcomeOf = (socket: Socket): Promise<string | undefined> =>
  new Promise((resolve) => {
    socket.setTimeout(300, () => resolve("silence"));
    socket.once("connect", () => resolve("connected")).once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  }).finally(() => socket.destroy()) as Promise<string | undefined>;

describe("whoever is root in the network of a function", options, () => {
  let outbound: OutboundNetwork;
  before(
    async () =>
      (outbound = await OutboundNetwork.open({ calls, clock: systemClock, policy: { internet: true, allowed: [] }, identity: "test" })),
  );
  after(async () => {
    await outbound[Symbol.asyncDispose]();
    await noTraces();
  });

  /** A namespace with its way out, and what changes routes and addresses in there. */
  function enter(): { space: NetworkNamespace; inside: NetlinkSocket } & Disposable {
    let inside: NetlinkSocket | undefined;
    const space = new NetworkNamespace(calls, () => (inside = new NetlinkSocket(calls, netlinkFamily.route, "the test")));
    outbound.connect(space, inside!);
    return {
      space,
      inside: inside!,
      [Symbol.dispose]() {
        inside![Symbol.dispose]();
        space.close();
      },
    };
  }

  /** Sends from that address in there; resolves with the error that comes back, or undefined after a while. */
  async function send(space: NetworkNamespace, from: string, to: string, text: string, port = 7): Promise<string | undefined> {
    const socket = createSocket("udp4");
    socket.bind({ fd: space.boundSocket("datagram", addressNumber(from), 0) });
    try {
      await new Promise<void>((resolve, reject) => socket.connect(port, to, (error?: Error) => (error ? reject(error) : resolve())));
      const failed = once(socket, "error").then(([error]) => (error as NodeJS.ErrnoException).code);
      socket.send(text);
      return await Promise.race([failed, sleep(systemClock, 300).then(() => undefined), once(socket, "message").then(() => "answered")]);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      socket.close();
    }
  }

  /** An interface takes a moment until it is up at both ends; what is sent before is lost. */
  const reachesInternet = (space: NetworkNamespace): Promise<unknown> =>
    eventually(
      () => send(space, "0.0.0.0", elsewhere.public, "control"),
      (outcome) => outcome === "answered",
    );

  test("reaches nothing more by routes of its own", async () => {
    using member = enter();
    const gateway = addressNumber(outbound.nameServer);
    const targets = [...elsewhere.private.slice(0, 6), machineAddresses.lan, machineAddresses.containers];
    member.inside.send(targets.map((address) => newRoute(ipRange(address), 2, gateway)));
    const onMachine: string[] = [];
    const listener = createSocket("udp4").on("message", (message) => onMachine.push(message.toString()));
    await new Promise<void>((resolve) => listener.bind(7, resolve));
    await reachesInternet(member.space);
    for (const target of [...targets, machineAddresses.public])
      assert.notEqual(await send(member.space, "0.0.0.0", target, "to private"), "answered");
    listener.close();
    assert.deepEqual(onMachine, []);
    assert.ok(!internet.datagrams.some((datagram) => datagram.startsWith("to private")));
  });

  test("is given no address of version 6", async () => {
    using member = enter();
    await reachesInternet(member.space);
    const [newAddressOf6, listAddresses, local] = [20, 22, 2];
    // struct ifaddrmsg: of version 6, for the interface that leads out.
    const header = Buffer.from([10, 64, 0, 0, 2, 0, 0, 0]);
    const addresses = (): number => member.inside.ask({ type: listAddresses, header }, true).length;
    assert.equal(addresses(), 0);
    const own = Buffer.from("fd000000000000000000000000000002", "hex");
    member.inside.send([{ type: newAddressOf6, flags: create, header, attributes: [[local, own]] }]);
    assert.equal(addresses(), 1, "one would be seen");
  });

  test("cannot send in another's name", async () => {
    using member = enter();
    const foreign = ["198.18.0.3", "198.18.200.5", "10.0.0.99", machineAddresses.lan];
    await reachesInternet(member.space);
    member.inside.send(foreign.map((address) => newAddress(2, addressNumber(address))));
    for (const address of foreign) await send(member.space, address, elsewhere.public, `spoofed ${address}`);
    assert.deepEqual(
      internet.datagrams.filter((datagram) => datagram.startsWith("spoofed")),
      [],
    );
  });

  test("does not reach another function", async () => {
    using one = enter();
    using other = enter();
    const heard = createSocket("udp4");
    let count = 0;
    heard.on("message", () => count++).bind({ fd: other.space.boundSocket("datagram", 0, 7) });
    // The second to join has the address after the first one's; whatever it is, it is among these.
    const targets = Array.from({ length: 16 }, (_, index) => addressText(addressNumber(outbound.nameServer) + 14 + index));
    one.inside.send(targets.map((address) => newRoute(ipRange(address), 2, addressNumber(outbound.nameServer))));
    await Promise.all(targets.map((target) => send(one.space, "0.0.0.0", target, "knock")));
    heard.close();
    assert.equal(count, 0);
  });

  test("has no more than its number of connections", async () => {
    using member = enter();
    const count = (): number => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
    const earlier = count();
    const socket = createSocket("udp4").on("error", () => {});
    socket.bind({ fd: member.space.boundSocket("datagram", 0, 0) });
    for (let port = 10_000; port < 12_000; port++) await new Promise((resolve) => socket.send("flood", port, elsewhere.public, resolve));
    socket.close();
    const added = count() - earlier;
    assert.ok(added >= 1_000 && added <= 1_030, `${added} connections`);
    using neighbour = enter();
    await reachesInternet(neighbour.space);
  });
});

test("what the operator allows is reached, and no more", options, async () => {
  await using product = await startProduct({}, ...isolated, "--internet", "no", "--allow-network", `10.0.0.0/24,${machineAddresses.lan}`);
  await createFunction(product.lambda, "attacker", attackerSource, { Timeout: 30 });
  const reach = async (address: string, port = 7): Promise<unknown> =>
    payloadOf(await product.lambda.invoke({ FunctionName: "attacker", Payload: JSON.stringify(connectTo(address, port)) }));
  const onMachine = createServer((socket) => socket.end()).listen(0, machineAddresses.lan);
  await once(onMachine, "listening");
  try {
    assert.equal(await reach("10.0.0.5"), "connected");
    assert.equal(await reach(machineAddresses.lan, (onMachine.address() as AddressInfo).port), "connected");
    assert.equal(await reach(elsewhere.public), unreachable);
    assert.equal(await reach("172.16.0.5"), unreachable);
    assert.equal(await reach(machineAddresses.containers), unreachable);
  } finally {
    onMachine.close();
  }
});

test("a daemon that is killed leaves a guarded machine, and the next one a clean one", options, async (t) => {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-network-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  await noTraces();
  const first = await spawnProduct(dataFolder, ...isolated);
  t.after(() => first.process.kill("SIGKILL"));
  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  await eventually(
    async () => traces(),
    (found) => found.join() === "pilotlight-guard-eth0,forwarding",
  );
  const second = await spawnProduct(dataFolder, ...isolated);
  t.after(() => second.process.kill("SIGKILL"));
  const others = await OutboundNetwork.open({
    calls,
    clock: systemClock,
    policy: { internet: true, allowed: [] },
    identity: "another daemon",
  });
  assert.equal(others.nameServer, "198.18.16.2", "each daemon has addresses of its own");
  second.process.kill("SIGTERM");
  await once(second.process, "exit");
  assert.ok(traces().includes("forwarding"), "somebody needs it still");
  await others[Symbol.asyncDispose]();
  await noTraces();
});
