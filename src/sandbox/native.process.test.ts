/** The sandbox's tests once more, with environments that the native launcher starts. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { canIsolate } from "#test/traces.ts";
import { useIsolation, useNativeLauncher } from "./fixtures/real-sandbox.ts";

if (canIsolate && hasCompiler()) {
  useIsolation("namespaces");
  useNativeLauncher(resolve(import.meta.dirname, "../../node_modules/.cache/pilotlight-toolchains/native"));
  await import("./framed.process.test.ts");
  await import("./custom.process.test.ts");
  await import("./standbys.process.test.ts");
} else {
  test("the native launcher takes Linux on x86-64, root, and a C compiler", { skip: true });
}

function hasCompiler(): boolean {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
