import assert from "node:assert/strict";
import { test } from "node:test";
import { addressNumber, addressText, contains, ipRange, maskOf, overlaps, parseIpRange, rangeText } from "./ip-range.ts";

test("ranges are read as CIDR writes them, and a single address is a range of one", () => {
  assert.deepEqual(parseIpRange("10.0.0.0/8"), { first: 0x0a00_0000, prefixBits: 8 });
  assert.deepEqual(parseIpRange("0.0.0.0/0"), { first: 0, prefixBits: 0 });
  assert.equal(rangeText(ipRange("255.255.255.255")), "255.255.255.255/32");
});

test("what is no range is refused", () => {
  for (const text of [
    "",
    "10.0.0.0/33",
    "10.0.0.1/8",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "010.0.0.0/8",
    "fc00::/7",
    "10.0.0.0/-1",
    "10.0.0.0/8 ",
  ]) {
    assert.equal(parseIpRange(text), undefined, text);
  }
  assert.throws(() => ipRange("nonsense"));
});

test("a range contains itself and what lies within it", () => {
  const [all, ten, part, other] = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12"].map(ipRange);
  assert.ok(contains(all!, ten!) && contains(ten!, part!) && contains(ten!, ten!));
  assert.ok(!contains(part!, ten!) && !contains(ten!, other!));
  assert.ok(overlaps(part!, ten!) && overlaps(ten!, part!) && !overlaps(ten!, other!));
});

test("masks and addresses are numbers without a sign", () => {
  assert.deepEqual(
    ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8", "1.2.3.4"].map((text) => maskOf(ipRange(text))),
    [0, 0x8000_0000, 0xff00_0000, 0xffff_ffff],
  );
  assert.equal(addressText(addressNumber("198.18.0.2")), "198.18.0.2");
  assert.equal(addressText(0xffff_fffe), "255.255.255.254");
});
