/** The product started by a user without any rights: as much is kept apart as the kernel lets that user, and the start says what is not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { type Clients, connect, createFunctionRole, type ProductProcess, spawnProductBy } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { canIsolate, descendantsOf } from "#test/traces.ts";

/** Nobody else has it. */
const userId = 54_321;
const asUser = ["setpriv", "--reuid", String(userId), "--regid", String(userId), "--clear-groups", "--"];
const makesNamespaces =
  canIsolate && spawnSync(asUser[0]!, [...asUser.slice(1), "unshare", "--user", "--map-root-user", "true"]).status === 0;

/** What a function sees and may do, as far as it tells something about its walls. */
const source = `
  process.title = "pl-rootless";
  const fs = require("node:fs");
  const { execSync } = require("node:child_process");
  const outcome = (action) => { try { return action() ?? "done"; } catch (error) { return error.code ?? error.message; } };
  const run = (command) => execSync(command + " 2>&1 || echo refused", { encoding: "utf8" }).trim().split("\\n").at(-1);
  exports.handler = async ({ dataFolder, pid }) => ({
    machine: outcome(() => fs.readFileSync("/etc/shadow")),
    data: outcome(() => fs.readdirSync(dataFolder)),
    home: outcome(() => fs.readdirSync("/root")),
    code: outcome(() => fs.writeFileSync("/var/task/index.js", "")),
    root: outcome(() => fs.writeFileSync("/escape", "")),
    daemon: outcome(() => process.kill(pid, 0)),
    processes: fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).length,
    powers: /CapEff:\\s+0+\\n/.test(fs.readFileSync("/proc/self/status", "utf8")),
    mounting: run("mount -t tmpfs tmpfs /tmp"),
    namespaces: run("unshare --user --map-root-user id"),
    tmp: outcome(() => { fs.writeFileSync("/tmp/file", "x"); return fs.readFileSync("/tmp/file", "utf8"); }),
    isFull: run("(fallocate -l 513M /tmp/full; rm -f /tmp/full)").includes("No space"),
    size: run("df --output=size -k /tmp | tail -1").trim(),
  });`;

describe(
  "started by a user without rights, a function",
  { skip: !makesNamespaces && "takes root to become another user, who may make user namespaces" },
  () => {
    let folder: string;
    let dataFolder: string;
    let product: ProductProcess;
    let clients: Clients;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "pilotlight-rootless-"));
      chownSync(folder, userId, userId);
      dataFolder = join(folder, "data");
      product = await spawnProductBy(
        asUser,
        dataFolder,
        "--toolchain-dir",
        join(folder, "toolchains"),
        "--isolation",
        "auto",
        "--https-port",
        "none",
      );
      clients = connect(product.endpoint);
      await createFunctionRole(clients);
      await createFunction(clients.lambda, "hostile", source);
    });
    after(async () => {
      product?.process.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    });

    test("is told, by the start, what is not kept apart", () => {
      assert.match(product.banner, /isolation +user-namespaces: files and processes of each function are its own/);
      assert.match(product.banner, /Functions reach all that this user reaches over the network/);
      assert.match(product.banner, /"memory" cannot be had/);
      assert.match(product.banner, /\/tmp of functions is in memory/);
    });

    test("has files and processes of its own, and no powers", async () => {
      const event = JSON.stringify({ dataFolder, pid: product.process.pid });
      const seen = payloadOf(await clients.lambda.invoke({ FunctionName: "hostile", Payload: event })) as Record<string, unknown>;
      const { processes, ...rest } = seen;
      assert.deepEqual(rest, {
        machine: "ENOENT",
        data: "ENOENT",
        home: "ENOENT",
        code: "EROFS",
        root: "EROFS",
        daemon: "ESRCH",
        powers: true,
        mounting: "refused",
        namespaces: "refused",
        tmp: "x",
        isFull: true,
        size: String(512 * 1024),
      });
      assert.ok((processes as number) < 6);
    });

    test("ends with the daemon, even if that is killed", async () => {
      const all = descendantsOf(product.process.pid!).map(({ pid }) => pid);
      assert.ok(all.length > 0);
      assert.equal((await processesTitled("pl-rootless")).length, 1);
      product.process.kill("SIGKILL");
      await once(product.process, "exit");
      await eventually(
        async () => [...(await processesTitled("pl-rootless")), ...descendantsOf(1).filter(({ pid }) => all.includes(pid))],
        ({ length }) => length === 0,
      );
    });
  },
);
