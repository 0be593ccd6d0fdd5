/**
 * Hostile functions against the drivers that isolate. Every attack fails, the neighbour does not notice, and the machine is as it was
 * before: no process more, no control group, no mount, no loop device, no file, no descriptor.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { hasCompiler } from "#sandbox/fixtures/native.ts";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { isolatingDrivers } from "#test/oci.ts";
import { type Product, startProduct } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { cgroupsOf, loopDevicesOf, type Traces, tracesOf } from "#test/traces.ts";
import { attackerSource, attacks, type Target } from "./attack-list.ts";

/** How the attacker's process comes about. */
const ways = [
  { way: "in a process of its own", args: ["--standbys", "2"], isForked: false, isImaged: false },
  { way: "in a process that was forked", args: ["--fork-servers", "yes"], isForked: true, isImaged: false },
  { way: "in a process that goes on from an image", args: ["--fork-servers", "yes"], isForked: true, isImaged: true },
];

const stages = isolatingDrivers.flatMap((driver) =>
  (driver.isolation === "namespaces" ? ways : ways.slice(0, 1)).map((way) => ({ ...driver, ...way })),
);

for (const { isolation, skip, way, args, isForked, isImaged } of stages)
  describe(`a hostile function on ${isolation}, ${way}`, { skip: skip || (isForked && !hasCompiler() && "takes a C compiler") }, () => {
    let product: Product;
    let target: Target;
    const listeners = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];

    before(async () => {
      product = await startProduct({}, "--isolation", isolation, ...args);
      const socketName = `pilotlight-${process.pid}`;
      const [tcp, abstract] = listeners as [(typeof listeners)[0], (typeof listeners)[0]];
      await Promise.all([once(tcp.listen(0, "127.0.0.1"), "listening"), once(abstract.listen(`\0${socketName}`), "listening")]);
      target = { dataFolder: product.dataFolder, port: (tcp.address() as AddressInfo).port, socketName, pid: process.pid };
      if (isForked) await untilForked(product);
      await createFunction(product.lambda, "attacker", attackerSource, {
        MemorySize: 1769,
        Timeout: 30,
        ...(isImaged && { SnapStart: { ApplyOn: "PublishedVersions" } }),
      });
      if (isImaged) await publishSnapshot(product);
      await createFunction(product.lambda, "neighbour", "let count = 0; exports.handler = async () => ++count;");
    });

    const attack = async (code: string): Promise<unknown> =>
      payloadOf(
        await product.lambda.invoke({ FunctionName: "attacker", Qualifier: isImaged ? "1" : "$LATEST", Payload: JSON.stringify(code) }),
      );

    let visits = 0;
    const visitNeighbour = async (): Promise<void> => {
      const answer = await product.lambda.invoke({ FunctionName: "neighbour" });
      assert.equal(payloadOf(answer), ++visits, "the neighbour suffers");
    };

    let untouched: Traces;
    before(async () => {
      assert.equal(await attack('return fs.readFileSync("/proc/self/cmdline", "latin1").includes("--single-threaded");'), isForked);
      // The first is the one that left the image: it makes room for those that take it on.
      const goesOn = async () =>
        !isImaged || (await attack("return process.pid !== bornAs;")) === true || attack("process.exit();").then(() => false);
      await eventually(goesOn, Boolean);
      await visitNeighbour();
      untouched = await settledTraces(product.dataFolder);
      assert.ok(
        Object.values(untouched).every((count) => count > 1),
        "what is there now should be found, or this proves nothing",
      );
    });

    afterEach(async () => {
      await visitNeighbour();
      // An attack may have cost the attacker his environment; this gives him one again.
      assert.equal(await attack("return 1;"), 1);
      const { descriptors, ...wanted } = untouched;
      await eventually(
        async () => tracesOf(product.dataFolder),
        (seen) => seen.descriptors <= descriptors + 2 && isDeepStrictEqual({ ...seen, descriptors }, { ...wanted, descriptors }),
        30,
      );
    });

    after(async () => {
      assert.notDeepEqual(loopDevicesOf(product.dataFolder), [], "the environments of now should be found, or this proves nothing");
      assert.notDeepEqual(cgroupsOf(process.pid), []);
      for (const listener of listeners) listener.close();
      await product[Symbol.asyncDispose]();
      assert.deepEqual(cgroupsOf(process.pid), []);
      assert.ok(!existsSync(product.dataFolder));
      assert.doesNotMatch(readFileSync("/proc/self/mounts", "utf8"), new RegExp(product.dataFolder));
      await eventually(
        async () => loopDevicesOf(product.dataFolder),
        ({ length }) => length === 0,
      );
    });

    for (const [name, body, outcome] of attacks) {
      test(`that ${name}`, async () => {
        const code = typeof body === "string" ? body : body(target);
        const result = await attack(code);
        if (outcome instanceof RegExp) assert.match(String(result), outcome);
        else assert.deepEqual(result, outcome);
      });
    }

    test("that forks without end is ended with all its processes", async () => {
      const source = `exports.handler = async () => { require("node:child_process").spawn("/bin/sh", ["-c", "bomb() { bomb | bomb & }; bomb"], { argv0: "pl-bomb" }); await new Promise(() => {}); };`;
      await createFunction(product.lambda, "bomb", source, { Timeout: 2 });
      const { errorType } = payloadOf(await product.lambda.invoke({ FunctionName: "bomb" })) as { errorType: string };
      assert.equal(errorType, "Sandbox.Timedout");
      await product.lambda.deleteFunction({ FunctionName: "bomb" });
      await eventually(
        () => processesTitled("pl-bomb -c bomb() { bomb | bomb & }; bomb"),
        ({ length }) => length === 0,
      );
    });
  });

/** Resolves when version 1 of the attacker has its snapshot. */
async function publishSnapshot({ lambda }: Product): Promise<void> {
  await lambda.publishVersion({ FunctionName: "attacker" });
  const settings = { client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 };
  await waitUntilPublishedVersionActive(settings, { FunctionName: "attacker", Qualifier: "1" });
}

/** Until environments are forked: that begins when it was tried out, after the first function. */
async function untilForked({ lambda }: Product): Promise<void> {
  const source = `exports.handler = async () => require("node:fs").readFileSync("/proc/self/cmdline", "latin1").includes("--single-threaded");`;
  for (let attempt = 0; attempt < 100; attempt++) {
    await createFunction(lambda, `probe-${attempt}`, source);
    const isForked = payloadOf(await lambda.invoke({ FunctionName: `probe-${attempt}` }));
    await lambda.deleteFunction({ FunctionName: `probe-${attempt}` });
    if (isForked) return;
    await pause(300);
  }
  assert.fail("nothing is forked");
}

/** Once processes that are started ahead of need are there, and what was started for the start is gone: the same for a second. */
async function settledTraces(dataFolder: string): Promise<Traces> {
  let last = tracesOf(dataFolder);
  let same = 0;
  await eventually(
    async () => tracesOf(dataFolder),
    (seen) => {
      same = isDeepStrictEqual(seen, last) ? same + 1 : 0;
      last = seen;
      return same === 20;
    },
    30,
  );
  return last;
}
