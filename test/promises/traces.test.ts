/** Segments that PutTraceSegments has accepted are on disk, though the process is killed the moment it says so. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { XRay } from "@aws-sdk/client-xray";
import { type ProductProcess, spawnProduct } from "#test/product.ts";

const senders = 4;
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const seconds = Math.floor(Date.now() / 1_000);
const traceIdOf = (number: number): string => `1-${seconds.toString(16)}-${number.toString(16).padStart(24, "0")}`;

let dataFolder: string;
let product: ProductProcess | undefined;

before(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-traces-"));
});
after(async () => {
  product?.process.kill("SIGKILL");
  await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(): Promise<XRay> {
  product = await spawnProduct(dataFolder, "--https-port", "none");
  return new XRay({ endpoint: product.endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

test("segments that were accepted survive kill -9", async () => {
  const accepted: number[] = [];
  const first = await start();
  const exited = once(product!.process, "exit");
  let number = 0;
  const send = async (): Promise<void> => {
    for (;;) {
      const own = number++;
      const segment = { name: "s", id: "00000000000000a1", trace_id: traceIdOf(own), start_time: seconds, end_time: seconds + 1 };
      await first.putTraceSegments({ TraceSegmentDocuments: [JSON.stringify(segment)] });
      accepted.push(own);
      if (accepted.length === 100) product!.process.kill("SIGKILL");
    }
  };
  await Promise.allSettled(Array.from({ length: senders }, send));
  await exited;
  first.destroy();
  assert.ok(accepted.length >= 100);

  const second = await start();
  const found = new Set<string>();
  let NextToken: string | undefined;
  do {
    const period = { StartTime: new Date((seconds - 60) * 1_000), EndTime: new Date((seconds + 60) * 1_000) };
    const page = await second.getTraceSummaries({ ...period, ...(NextToken !== undefined && { NextToken }) });
    for (const { Id } of page.TraceSummaries!) found.add(Id!);
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  second.destroy();
  assert.deepEqual(
    accepted.filter((each) => !found.has(traceIdOf(each))),
    [],
  );
});
