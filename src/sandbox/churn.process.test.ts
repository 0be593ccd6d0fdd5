/**
 * Environments come and go without a trace: sixty of them here, twenty thousand in `npm run test:long`, which prints what it measured.
 */
import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { customSandbox, processesMarked, useIsolation } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const bash = "/bin/bash";
const canRun = process.platform === "linux" && process.getuid?.() === 0 && existsSync(bash);
const total = process.env["PILOTLIGHT_LONG"] === "1" ? Number(process.env["PILOTLIGHT_CHURN"] ?? 20_000) : 60;
/** What the first ones leave is not of each: code that is compiled, roots that are put together, pools of the heap. */
const warmUp = Math.max(total / 20, 20);
const parallel = 2;

/** The smallest runtime there is: it asks, and answers what it was asked. */
const bootstrap = `#!${bash}
exchange() {
  exec 3<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s /2018-06-01/runtime/invocation/%s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s' "$1" "$2" "\${#3}" "$3" >&3
  while IFS= read -r line && [ "$line" != $'\\r' ]; do
    case \${line,,} in lambda-runtime-aws-request-id:*) id=\${line#*: } id=\${id%$'\\r'} ;; esac
  done <&3
  exec 3<&-
}
while :; do
  exchange GET next ''
  exchange POST "$id/response" '"served"'
done
`;

interface Traces {
  /** What the garbage collector leaves, and what the kernel counts: pools and fragments among it. */
  heapMb: number;
  residentMb: number;
  descriptors: number;
  processes: number;
  mounts: number;
  cgroups: number;
  loopDevices: number;
  folders: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const linesOf = (file: string): number => readFileSync(file, "utf8").split("\n").length;

async function traces(runFolder: string): Promise<Traces> {
  collectGarbage();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return {
    heapMb: Math.round((heapUsed + arrayBuffers) / 2 ** 20),
    residentMb: Math.round(rss / 2 ** 20),
    descriptors: readdirSync("/proc/self/fd").length,
    processes: (await processesMarked(runFolder)).length,
    mounts: linesOf("/proc/self/mounts"),
    cgroups: globSync(`/sys/fs/cgroup/{,*/}pilotlight/${process.pid}-*/*/`).length,
    loopDevices: globSync("/sys/block/loop*/loop/backing_file").filter((file) => attemptRead(file).startsWith(runFolder)).length,
    folders: readdirSync(runFolder).filter((name) => name.startsWith("env-")).length,
  };
}

function attemptRead(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

test("environments come and go without a trace", { skip: !canRun && "takes Linux, root and bash" }, async (t) => {
  useIsolation("namespaces");
  const { sandbox, runFolder } = await customSandbox(t, bootstrap, { environments: parallel, sink: { write: async () => {} } });
  const live = async (key: string): Promise<void> => {
    const spec = specOf({ key, runtime: "provided.al2023" });
    const outcome = await sandbox.invoke(spec, requestOf({}));
    assert.equal(Buffer.from(outcome.payload).toString(), '"served"');
    await outcome.finished;
    await sandbox.retire(key);
  };
  const run = async (count: number): Promise<void> => {
    const lane = async (name: number): Promise<void> => {
      for (let n = name; n < count; n += parallel) await live(`lane-${name}`);
    };
    await Promise.all(Array.from({ length: parallel }, (_, name) => lane(name)));
  };

  await run(warmUp);
  const before = await traces(runFolder);
  for (let part = 1; part <= 10; part++) {
    await run((total - warmUp) / 10);
    if (total > 60) console.log(part * 10, "%", JSON.stringify(await traces(runFolder)));
  }
  // The kernel lets go of loop devices a moment after the last mount.
  for (let wait = 0; wait < 100 && (await traces(runFolder)).loopDevices > 0; wait++) await delay(50);
  const { heapMb, residentMb, ...left } = await traces(runFolder);
  const { heapMb: heapMbBefore, residentMb: residentMbBefore, ...leftBefore } = before;
  assert.deepEqual({ ...left, descriptors: 0 }, { ...leftBefore, descriptors: 0, processes: left.processes, loopDevices: 0 });
  assert.deepEqual([left.processes, left.cgroups, left.folders], [0, 0, 0]);
  assert.ok(left.descriptors <= leftBefore.descriptors + 4, `${leftBefore.descriptors} descriptors became ${left.descriptors}`);
  assert.ok(heapMb <= heapMbBefore + 8, `${heapMbBefore} MB of heap became ${heapMb} MB`);
  assert.ok(residentMb < residentMbBefore + 128, `${residentMbBefore} MB became ${residentMb} MB`);
});
