import assert from "node:assert/strict";
import { test } from "node:test";
import { findHierarchies } from "./cgroups.ts";

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
  });
});

test("a mixture takes each controller from where it is", () => {
  const text = [
    line("/sys/fs/cgroup/unified", "cgroup2 cgroup2 rw"),
    line("/sys/fs/cgroup/pids", "cgroup cgroup rw,pids"),
    line("/sys/fs/cgroup/systemd", "cgroup cgroup rw,name=systemd"),
    line("/tmp/memory", "tmpfs tmpfs rw,memory"),
  ].join("\n");
  const found = findHierarchies(text, () => "cpu\n");
  assert.deepEqual(Object.fromEntries(found), {
    cpu: { version: 2, folder: "/sys/fs/cgroup/unified" },
    pids: { version: 1, folder: "/sys/fs/cgroup/pids" },
  });
});
