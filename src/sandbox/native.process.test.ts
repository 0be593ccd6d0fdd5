/** The sandbox's tests once more, with environments that the native launcher starts. */
import { test } from "node:test";
import { canIsolate } from "#test/traces.ts";
import { hasCompiler, nativeFolder } from "./fixtures/native.ts";
import { useIsolation, useNativeLauncher } from "./fixtures/real-sandbox.ts";

if (canIsolate && hasCompiler()) {
  useIsolation("namespaces");
  useNativeLauncher(nativeFolder);
  await import("./framed.process.test.ts");
  await import("./custom.process.test.ts");
  await import("./standbys.process.test.ts");
} else {
  test("the native launcher takes Linux on x86-64, root, and a C compiler", { skip: true });
}
