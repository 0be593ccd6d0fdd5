import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { CgroupTree } from "./cgroups.ts";

/** Plain files where control groups would be. What a kernel does by itself, the tests do. */
class FakeKernel {
  readonly clock = new ManualClock();
  readonly top = mkdtempSync(join(tmpdir(), "cgroups-"));
  readonly mountInfo: string;

  constructor(t: TestContext, version: 1 | 2) {
    t.after(() => rmSync(this.top, { recursive: true }));
    writeFileSync(join(this.top, "cgroup.controllers"), "cpu memory pids\n");
    this.mountInfo = `33 31 0:30 / ${this.top} rw - ${version === 2 ? "cgroup2 cgroup2 rw" : "cgroup cgroup rw,cpu,memory,pids"}`;
  }

  open(label = "label", memoryMb?: number): Promise<CgroupTree> {
    const membership = { mountInfo: this.mountInfo, groups: "0::/\n" };
    return CgroupTree.open(label, this.clock, { membership, ...(memoryMb !== undefined && { memoryMb }) });
  }

  /** A group that somebody has left. */
  leave(name: string, files: Record<string, string> = {}): string {
    const folder = join(this.top, "pilotlight", name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    return folder;
  }

  /** Of the groups below the parent, or below one of them. */
  names(parent = ""): string[] {
    const entries = readdirSync(join(this.top, "pilotlight", parent), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  read(name: string): Record<string, string> {
    const folder = join(this.top, "pilotlight", name);
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return Object.fromEntries(files.map(({ name: file }) => [file, readFileSync(join(folder, file), "utf8")]));
  }

  /** The files of a real group do not keep it from being removed. */
  dissolve(name: string): void {
    const folder = join(this.top, "pilotlight", name);
    for (const file of readdirSync(folder)) unlinkSync(join(folder, file));
  }
}

const own = `${process.pid}-label`;
const megabytes = (count: number): string => String(count * 1024 * 1024);

test("the limits of version 2", async (t) => {
  const kernel = new FakeKernel(t, 2);
  const tree = await kernel.open();
  const group = tree.create(1_769);
  const name = `${own}/0`;
  assert.deepEqual(tree.missing, []);
  assert.deepEqual(group.doors, [join(kernel.top, "pilotlight", name, "cgroup.procs")]);
  assert.deepEqual(kernel.read(name), { "memory.max": megabytes(1_769), "memory.swap.max": "0", "pids.max": "1024" });
  group.limitCpu();
  assert.equal(kernel.read(name)["cpu.max"], "20000 20000");
  group.unlimitCpu();
  assert.equal(kernel.read(name)["cpu.max"], "max 20000");
  assert.equal(tree.create(1).path, `/pilotlight/${own}/1`);
});

test("the limits of version 1", async (t) => {
  const kernel = new FakeKernel(t, 1);
  const group = (await kernel.open()).create(128);
  group.limitCpu();
  assert.deepEqual(group.doors, [join(kernel.top, "pilotlight", own, "0", "tasks")]);
  assert.deepEqual(kernel.read(`${own}/0`), {
    "cpu.cfs_period_us": "20000",
    "cpu.cfs_quota_us": "1447",
    "memory.kmem.tcp.limit_in_bytes": megabytes(32),
    "memory.limit_in_bytes": megabytes(128),
    "memory.memsw.limit_in_bytes": megabytes(128),
    "pids.max": "1024",
  });
  group.unlimitCpu();
  assert.equal(kernel.read(`${own}/0`)["cpu.cfs_quota_us"], "-1");
});

test("a hierarchy in which groups are only frozen is not touched before they are", async (t) => {
  const [kernel, freezing] = [new FakeKernel(t, 1), new FakeKernel(t, 2)];
  unlinkSync(join(freezing.top, "cgroup.controllers"));
  mkdirSync(join(freezing.top, "pilotlight"));
  writeFileSync(join(freezing.top, "pilotlight", "cgroup.freeze"), "0");
  const membership = { mountInfo: `${kernel.mountInfo}\n${freezing.mountInfo}`, groups: "0::/\n" };
  const group = (await CgroupTree.open("label", kernel.clock, { membership })).create(128);
  const name = `${own}/0`;
  assert.deepEqual(group.doors, [join(kernel.top, "pilotlight", name, "tasks")]);
  assert.deepEqual(freezing.names(own), []);
  const members = join(kernel.top, "pilotlight", name, "cgroup.procs");
  writeFileSync(members, "99999998\n99999999\n");
  const freezer = group.freezerWithout(99_999_998);
  // One that is thawed before it has come to it does not freeze later.
  freezer?.freeze();
  freezer?.thaw();
  const folder = join(freezing.top, "pilotlight", name);
  writeFileSync(join(folder, "cgroup.freeze"), "");
  await until(() => readFileSync(join(folder, "cgroup.procs"), "utf8") === "99999999");
  freezer?.freeze();
  await until(() => readFileSync(join(folder, "cgroup.freeze"), "utf8") === "1");
  freezer?.thaw();
  assert.equal(readFileSync(join(folder, "cgroup.freeze"), "utf8"), "0");
  const removed = group.remove();
  kernel.dissolve(name);
  freezing.dissolve(name);
  const ticking = setInterval(() => void kernel.clock.advance(5), 1);
  await removed.finally(() => clearInterval(ticking));
  assert.deepEqual([kernel.names(own), freezing.names(own)], [[], []]);
});

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 5_000; attempt++) {
    try {
      if (isSo()) return;
    } catch {
      // The file is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("it did not come to pass");
}

test("the peak of version 2 is the kernel's, or what is in use where it keeps none", async (t) => {
  const kernel = new FakeKernel(t, 2);
  const group = (await kernel.open()).create(128);
  const folder = join(kernel.top, "pilotlight", own, "0");
  assert.equal(group.peakMemoryBytes(), 0);
  writeFileSync(join(folder, "memory.current"), "1000\n");
  assert.equal(group.peakMemoryBytes(), 1_000);
  writeFileSync(join(folder, "memory.peak"), "2000\n");
  assert.equal(group.peakMemoryBytes(), 2_000);
});

test("a group is asked to kill all at once, and removed as soon as it is empty", async (t) => {
  const kernel = new FakeKernel(t, 2);
  const tree = await kernel.open();
  const group = tree.create(128);
  const name = `${own}/0`;
  writeFileSync(join(kernel.top, "pilotlight", name, "cgroup.kill"), "");
  const removed = group.remove();
  await kernel.clock.advance(5);
  assert.deepEqual([kernel.names(own), kernel.read(name)["cgroup.kill"]], [["0"], "1"]);
  kernel.dissolve(name);
  // Its files are gone for good now, and with them the reason why it could not be removed.
  const ticking = setInterval(() => void kernel.clock.advance(5), 1);
  await removed.finally(() => clearInterval(ticking));
  assert.deepEqual(kernel.names(own), []);
});

test("a parent that another one has removed is made again", async (t) => {
  const kernel = new FakeKernel(t, 2);
  const tree = await kernel.open();
  rmSync(join(kernel.top, "pilotlight"), { recursive: true });
  tree.create(128);
  assert.deepEqual([kernel.names(), kernel.names(own)], [[own], ["0"]]);
  assert.ok(existsSync(join(kernel.top, "pilotlight/cgroup.subtree_control")));
});

test("groups of the dead, and of whoever had the run folder before, are removed; those of others stay", async (t) => {
  const kernel = new FakeKernel(t, 2);
  // No process can have a number beyond the kernel's limit of 2^22.
  kernel.leave("99999999-other/0");
  kernel.leave(`${process.ppid}-label/0`);
  kernel.leave(`${process.ppid}-other/0`);
  kernel.leave("no-number");
  await kernel.open();
  assert.deepEqual(kernel.names(), [`${process.ppid}-other`]);
});

for (const version of [1, 2] as const) {
  test(`all groups together are capped, and what they use is counted without what the cache can give back, on version ${version}`, async (t) => {
    const kernel = new FakeKernel(t, version);
    const tree = await kernel.open("label", 4_096);
    assert.equal(tree.memoryUse(), undefined);
    tree.create(128);
    const [limit, usage, cache] = (
      {
        1: ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
        2: ["memory.max", "memory.current", "inactive_file"],
      } as const
    )[version];
    assert.equal(kernel.read(own)[limit], megabytes(4_096));
    const folder = join(kernel.top, "pilotlight", own);
    writeFileSync(join(folder, usage), megabytes(1_000));
    writeFileSync(join(folder, "memory.stat"), `active_file 5\n${cache} ${megabytes(300)}\n`);
    assert.deepEqual(tree.memoryUse(), { usedBytes: 700 * 1024 * 1024, limitBytes: 4_096 * 1024 * 1024 });
  });
}
