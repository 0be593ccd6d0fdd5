import assert from "node:assert/strict";
import { test } from "node:test";
import { ipRange, rangeText } from "#kit/ip-range.ts";
import { freeBlock, hostRoutes } from "./address-block.ts";

const routes = [
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
  "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
  "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
  "pl-1\t000012C6\t020012C6\t0003\t0\t0\t0\t00F0FFFF\t0\t0\t0",
].join("\n");

test("routes are read as the kernel lists them", () => {
  assert.deepEqual(
    hostRoutes(`${routes}\n`).map(({ interfaceName, range }) => `${interfaceName} ${rangeText(range)}`),
    ["eth0 0.0.0.0/0", "docker0 172.17.0.0/16", "pl-1 198.18.0.0/20"],
  );
  assert.deepEqual(hostRoutes("Iface\tDestination\n"), []);
});

test("a block is one to which there is no route, and that nobody takes first", () => {
  const found = hostRoutes(routes);
  assert.equal(rangeText(freeBlock(() => true, found)), "198.18.16.0/20");
  assert.equal(rangeText(freeBlock(({ first }) => first !== ipRange("198.18.16.0/20").first, found)), "198.18.32.0/20");
  assert.throws(() => freeBlock(() => false, found), /in use/);
  assert.throws(() => freeBlock(() => true, [{ interfaceName: "x", range: ipRange("198.0.0.0/8") }]), /in use/);
});
