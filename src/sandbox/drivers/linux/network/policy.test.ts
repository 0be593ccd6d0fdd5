import assert from "node:assert/strict";
import { test } from "node:test";
import { contains, ipRange, rangeText } from "#kit/ip-range.ts";
import { deniedRanges, describePolicy, isOpen } from "./policy.ts";

const denies = (address: string, ...allowed: string[]): boolean =>
  deniedRanges({ internet: true, allowed: allowed.map(ipRange) }).some((range) => contains(range, ipRange(address)));

test("what is not public is denied, what is public is not", () => {
  for (const address of [
    "0.1.2.3",
    "10.9.8.7",
    "100.127.0.1",
    "127.0.0.53",
    "169.254.169.254",
    "172.31.0.1",
    "192.168.0.1",
    "198.19.255.255",
    "239.1.2.3",
    "255.255.255.255",
  ])
    assert.ok(denies(address), address);
  for (const address of [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.0.1",
    "100.128.0.0",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "198.17.0.1",
    "198.20.0.0",
    "223.255.255.255",
  ])
    assert.ok(!denies(address), address);
});

test("what is allowed as a whole is denied no more; of what is allowed in part, the rest is", () => {
  assert.ok(!denies("10.9.8.7", "10.0.0.0/8"));
  assert.ok(denies("10.9.8.7", "10.1.0.0/16"), "the rules of what is allowed come first");
});

test("without the internet, everything is denied", () => {
  assert.deepEqual(deniedRanges({ internet: false, allowed: [ipRange("10.0.0.0/8")] }).map(rangeText), ["0.0.0.0/0"]);
});

test("a policy can be told in words", () => {
  assert.equal(describePolicy({ internet: true, allowed: [] }), "the internet");
  assert.equal(describePolicy({ internet: false, allowed: [ipRange("10.0.0.0/8")] }), "the allowed networks");
  assert.ok(!isOpen({ internet: false, allowed: [] }));
});
