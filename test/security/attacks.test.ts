/**
 * Hostile functions against the driver that isolates. Every attack fails, the neighbour does not notice, and at the end nothing is left: no process,
 * no control group, no loop device, no file.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { isolatingDrivers } from "#test/oci.ts";
import { type Product, startProduct } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { cgroupsOf, loopDevicesOf } from "#test/traces.ts";
import { attackerSource, attacks, type Target } from "./attack-list.ts";

for (const { isolation, skip } of isolatingDrivers)
  describe(`a hostile function on ${isolation}`, { skip }, () => {
    let product: Product;
    let target: Target;
    const listeners = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];

    before(async () => {
      product = await startProduct({}, "--isolation", isolation, "--standbys", "2");
      const socketName = `pilotlight-${process.pid}`;
      const [tcp, abstract] = listeners as [(typeof listeners)[0], (typeof listeners)[0]];
      await Promise.all([once(tcp.listen(0, "127.0.0.1"), "listening"), once(abstract.listen(`\0${socketName}`), "listening")]);
      target = { dataFolder: product.dataFolder, port: (tcp.address() as AddressInfo).port, socketName, pid: process.pid };
      await createFunction(product.lambda, "attacker", attackerSource, { MemorySize: 1769, Timeout: 30 });
      await createFunction(product.lambda, "neighbour", "let count = 0; exports.handler = async () => ++count;");
    });

    let visits = 0;
    afterEach(async () => {
      const answer = await product.lambda.invoke({ FunctionName: "neighbour" });
      assert.equal(payloadOf(answer), ++visits, "the neighbour suffers");
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
        const result = payloadOf(await product.lambda.invoke({ FunctionName: "attacker", Payload: JSON.stringify(code) }));
        if (outcome instanceof RegExp) assert.match(String(result), outcome);
        else assert.deepEqual(result, outcome);
      });
    }

    test("that forks without end is ended with all its processes", async () => {
      const source = `exports.handler = async () => { require("node:child_process").spawn("/bin/sh", ["-c", "bomb() { bomb | bomb & }; bomb"], { argv0: "pl-bomb" }); await new Promise(() => {}); };`;
      await createFunction(product.lambda, "bomb", source, { Timeout: 2 });
      const { errorType } = payloadOf(await product.lambda.invoke({ FunctionName: "bomb" })) as { errorType: string };
      assert.equal(errorType, "Sandbox.Timedout");
      await eventually(
        () => processesTitled("pl-bomb -c bomb() { bomb | bomb & }; bomb"),
        ({ length }) => length === 0,
      );
    });
  });
