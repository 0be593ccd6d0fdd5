import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaceFlags, socketFamilies } from "../linux/seccomp/filter.ts";
import { seccompProfile } from "./seccomp-profile.ts";

const rulesFor = (name: string) => seccompProfile("x64")!.syscalls.filter(({ names }) => names.includes(name));

test("every flag that makes a namespace has a rule of its own", () => {
  const bits = rulesFor("clone").map(({ args }) => args![0]!);
  assert.ok(bits.every(({ value, valueTwo, op }) => value === valueTwo && op === "SCMP_CMP_MASKED_EQ"));
  assert.equal(
    bits.reduce((mask, { value }) => mask + value, 0),
    namespaceFlags,
  );
});

test("every family of sockets is refused but the four", () => {
  const refuses = (family: number): boolean =>
    rulesFor("socket").some(({ args: [value] = [] }) => (value!.op === "SCMP_CMP_EQ" ? family === value!.value : family >= value!.value));
  const allowed = Array.from({ length: 100 }, (_, family) => family).filter((family) => !refuses(family));
  assert.deepEqual(allowed, socketFamilies);
  assert.ok(refuses(2 ** 32 + socketFamilies[0]!), "the kernel looks at 32 bits of them, the filter at 64");
});

test("there is a profile for the machines whose calls are known", () => {
  assert.deepEqual(seccompProfile("arm64")!.architectures, ["SCMP_ARCH_AARCH64"]);
  assert.equal(seccompProfile("s390x"), undefined);
});
