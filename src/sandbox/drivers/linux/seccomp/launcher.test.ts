import assert from "node:assert/strict";
import { test } from "node:test";
import { filterBytes, forbidden, hasFilter, namespaceFlags } from "./filter.ts";
import { seccompLauncher } from "./launcher.ts";
import { newestNumber, systemCallNumbers } from "./system-call-numbers.ts";

const architectures = ["x64", "arm64"] as const;
const audit = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const allow = 0x7fff_0000;
const kill = 0x8000_0000;
const error = (number: number): number => 0x0005_0000 | number;

/** What the kernel would make of a call: the machine of classic BPF, as far as the filter uses it. */
function verdictOn(filter: Buffer, architecture: number, number: number, [first = 0, , third = 0]: readonly number[] = []): number {
  const data = new Map([
    [0, number],
    [4, architecture],
    [16, first],
    [32, third],
  ]);
  let loaded = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const [code, ifTrue, ifFalse, operand] = [filter.readUInt16LE(at), filter[at + 2]!, filter[at + 3]!, filter.readUInt32LE(at + 4)];
    if (code === 0x06) return operand;
    if (code === 0x20) loaded = data.get(operand)!;
    else if (code === 0x05) at += operand * 8;
    else {
      const isTrue = code === 0x15 ? loaded === operand : code === 0x35 ? loaded >= operand : (loaded & operand) !== 0;
      at += (isTrue ? ifTrue : ifFalse) * 8;
    }
  }
  throw new Error("the filter has no end");
}

for (const architecture of architectures) {
  const filter = filterBytes(architecture);
  const numbers = systemCallNumbers[architecture]!;
  const on = (number: number, ...args: readonly number[]): number => verdictOn(filter, audit[architecture], number, args);

  test(`the filter of ${architecture} lets through what programs need, and nothing that is forbidden`, () => {
    for (const [name, number] of Object.entries(numbers.forbidden)) assert.equal(on(number), error(1), name);
    const special = new Set([...Object.values(numbers.forbidden), numbers.clone3, numbers.socket, numbers.socketpair]);
    for (let number = 0; number <= newestNumber; number++) if (!special.has(number)) assert.equal(on(number), allow, String(number));
    assert.equal(on(numbers.clone3), error(38));
    for (const unknown of [newestNumber + 1, 0x4000_0000, 0x4000_0029, 0xffff_ffff]) assert.equal(on(unknown), error(38));
  });

  test(`the filter of ${architecture} looks at what clone, socket and socketpair are asked for`, () => {
    assert.equal(on(numbers.clone, 0x11), allow);
    for (let bit = 0; bit < 32; bit++) {
      const flag = 2 ** bit;
      if ((flag & namespaceFlags) !== 0) assert.equal(on(numbers.clone, flag | 0x11), error(1), flag.toString(16));
    }
    for (let family = 0; family < 64; family++) {
      assert.equal(on(numbers.socket, family), [1, 2, 10, 16].includes(family) ? allow : error(97));
      assert.equal(on(numbers.socketpair, family), family === 1 ? allow : error(97));
    }
    for (let protocol = 1; protocol < 32; protocol++) assert.equal(on(numbers.socket, 16, 3, protocol), error(97));
  });

  test(`the filter of ${architecture} ends who calls by the numbers of another one`, () => {
    for (const other of [audit[architecture === "x64" ? "arm64" : "x64"], 0x4000_0003, 0]) assert.equal(verdictOn(filter, other, 1), kill);
  });

  test(`the launcher of ${architecture} is an executable of one segment, with the filter at its end`, () => {
    const file = seccompLauncher(architecture);
    assert.equal(file.toString("latin1", 0, 4), "\x7fELF");
    assert.equal(file.readUInt16LE(18), { x64: 62, arm64: 183 }[architecture]);
    const loadedAt = Number(file.readBigUInt64LE(80));
    const entry = Number(file.readBigUInt64LE(24)) - loadedAt;
    assert.equal(entry % 4, 0);
    assert.equal(Number(file.readBigUInt64LE(96)), file.length);
    // struct sock_fprog lies where the instructions expect it.
    assert.equal(loadedAt + 0x78, 0x40_0078);
    assert.equal(file.readUInt16LE(0x78), filter.length / 8);
    const filterAt = Number(file.readBigUInt64LE(0x80)) - loadedAt;
    assert.ok(filterAt > entry);
    assert.deepEqual(file.subarray(filterAt), filter);
  });
}

test("the lists of both architectures are the same, but for calls that only one has", () => {
  const onlyX64 = Object.keys(forbidden).filter((name) => systemCallNumbers.arm64!.forbidden[name] === undefined);
  assert.deepEqual(onlyX64.toSorted(), ["ioperm", "iopl", "modify_ldt"]);
  assert.ok(!hasFilter("riscv64"));
});
