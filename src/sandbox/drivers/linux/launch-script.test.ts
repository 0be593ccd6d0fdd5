import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { placesOf, variablesScript } from "./launch-script.ts";

test("variables arrive as they are, whatever is in them", { skip: process.platform === "win32" }, () => {
  const variables = { PLAIN: "a", QUOTES: `it's "so"`, SUBSTITUTION: "$(id) `id` $HOME \\", LINES: "one\ntwo\n", EMPTY: "" };
  const print = "process.stdout.write(JSON.stringify(process.env))";
  const output = execFileSync("/bin/sh", ["-s", "--", process.execPath, "-e", print], {
    input: variablesScript(variables),
    env: { PATH: "/privileged", PILOTLIGHT_ENVIRONMENT: "/run/env-1" },
    encoding: "utf8",
  });
  const { PWD: _, __CF_USER_TEXT_ENCODING: __, ...seen } = JSON.parse(output) as Record<string, string>;
  assert.deepEqual(seen, variables);
});

test("layers lie on /opt unless the interpreter does", () => {
  const folders = {
    environment: "/run/env-1",
    tmp: "/run/env-1/tmp",
    task: "/code",
    layers: "/layers",
    fileSystems: [],
    readable: ["/opt/node/bin"],
  };
  assert.equal(placesOf(folders).layers, "/layers");
  assert.equal(placesOf({ ...folders, readable: ["/usr/lib/node"] }).layers, "/opt");
});
