/** The sandbox's tests once more, with containers. */
import { test } from "node:test";
import { useIsolation } from "./fixtures/real-sandbox.ts";
import { ociReason } from "#test/oci.ts";

const reason = await ociReason();
if (reason === undefined) {
  useIsolation("oci");
  await import("./framed.process.test.ts");
  await import("./custom.process.test.ts");
  await import("./extensions.process.test.ts");
  await import("./debugging.process.test.ts");
} else {
  test(`containers: ${reason}`, { skip: reason });
}
