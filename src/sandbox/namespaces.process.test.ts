/** The sandbox's tests once more, with the driver that isolates. */
import { test } from "node:test";
import { useIsolation } from "./fixtures/real-sandbox.ts";

if (process.platform === "linux" && process.getuid?.() === 0) {
  useIsolation("namespaces");
  await import("./framed.process.test.ts");
  await import("./custom.process.test.ts");
  await import("./extensions.process.test.ts");
  await import("./debugging.process.test.ts");
} else {
  test("namespaces take Linux and root", { skip: true });
}
