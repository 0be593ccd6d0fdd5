import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { findHierarchies, openParents, processesIn, remakeParents } from "./hierarchies.ts";

const line = (folder: string, rest: string): string => `33 31 0:30 / ${folder} rw,relatime - ${rest}`;

test("controllers are found on version 1, where several may share a folder", () => {
  const text = [
    line("/sys/fs/cgroup/cpu,cpuacct", "cgroup cgroup rw,cpu,cpuacct"),
    line("/sys/fs/cgroup/memory", "cgroup cgroup rw,memory"),
  ].join("\n");
  assert.deepEqual(Object.fromEntries(findHierarchies(text, () => "")), {
    cpu: { version: 1, folder: "/sys/fs/cgroup/cpu,cpuacct" },
    memory: { version: 1, folder: "/sys/fs/cgroup/memory" },
  });
});

test("controllers are found on version 2, by what its root lists", () => {
  const read = (path: string): string => (path === "/sys/fs/cgroup/cgroup.controllers" ? "cpuset cpu io memory pids\n" : "");
  const at = { version: 2, folder: "/sys/fs/cgroup" };
  assert.deepEqual(Object.fromEntries(findHierarchies(line("/sys/fs/cgroup", "cgroup2 cgroup2 rw"), read)), {
    cpu: at,
    memory: at,
    pids: at,
    freezer: at,
  });
});

test("a mixture takes each controller from where it is", () => {
  const text = [
    line("/sys/fs/cgroup/unified", "cgroup2 cgroup2 rw"),
    line("/sys/fs/cgroup/pids", "cgroup cgroup rw,pids"),
    line("/sys/fs/cgroup/freezer", "cgroup cgroup rw,freezer"),
    line("/sys/fs/cgroup/systemd", "cgroup cgroup rw,name=systemd"),
    line("/tmp/memory", "tmpfs tmpfs rw,memory"),
  ].join("\n");
  const found = findHierarchies(text, () => "cpu\n");
  assert.deepEqual(Object.fromEntries(found), {
    cpu: { version: 2, folder: "/sys/fs/cgroup/unified" },
    pids: { version: 1, folder: "/sys/fs/cgroup/pids" },
    freezer: { version: 2, folder: "/sys/fs/cgroup/unified" },
  });
});

/** Files where a hierarchy of version 2 would be. */
function fakeHierarchy(t: TestContext): { top: string; mountInfo: string } {
  const top = mkdtempSync(join(tmpdir(), "cgroup2-"));
  t.after(() => rmSync(top, { recursive: true }));
  writeFileSync(join(top, "cgroup.controllers"), "cpuset cpu io memory pids\n");
  return { top, mountInfo: line(top, "cgroup2 cgroup2 rw") };
}

test("on version 2 the controllers are handed down to the parent, and by it", (t) => {
  const { top, mountInfo } = fakeHierarchy(t);
  const parents = openParents({ mountInfo, groups: "0::/\n" });
  const parent = join(top, "pilotlight");
  assert.deepEqual([...parents.keys()].toSorted(), ["cpu", "memory", "pids"]);
  assert.deepEqual(parents.get("cpu"), { version: 2, folder: parent });
  for (const folder of [top, parent]) assert.match(readFileSync(join(folder, "cgroup.subtree_control"), "utf8"), /^\+pids$/);

  rmSync(parent, { recursive: true });
  remakeParents(parents);
  assert.ok(existsSync(join(parent, "cgroup.subtree_control")));
});

test("who may not write at the top uses the part that was delegated", (t) => {
  const { top, mountInfo } = fakeHierarchy(t);
  // A folder where the file should be is as good as a file that we may not write: the tests run as root.
  mkdirSync(join(top, "cgroup.subtree_control"));
  const own = join(top, "user.slice/pilotlight.scope");
  mkdirSync(own, { recursive: true });
  const parents = openParents({ mountInfo, groups: "1:name=systemd:/elsewhere\n0::/user.slice/pilotlight.scope\n" });
  assert.deepEqual(parents.get("memory"), { version: 2, folder: join(own, "pilotlight") });
  assert.ok(!existsSync(join(top, "user.slice/cgroup.subtree_control")));
});

test("where nothing may be written there is no controller, on either version", (t) => {
  const { top, mountInfo } = fakeHierarchy(t);
  writeFileSync(join(top, "pilotlight"), "");
  assert.equal(openParents({ mountInfo, groups: "0::/\n" }).size, 0);
  assert.equal(openParents({ mountInfo: line(top, "cgroup cgroup rw,memory"), groups: "" }).size, 0);
  assert.deepEqual(processesIn(join(top, "nowhere")), []);
});
