/** `npm run bench:control-plane`: how fast functions are created, and a page of 50 is listed, with ten thousand of them there. */
import { cpus } from "node:os";
import { resolve } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { zipFolder } from "../examples/zip-folder.ts";
import { clientSettings, startPilotlight } from "./product.ts";
import { writeSection } from "./report.ts";

const functionCount = 10_000;
const writers = 16;
const listings = 200;

const product = await startPilotlight();
try {
  const lambda = new LambdaClient(clientSettings(product));
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const { Role } = await new IAMClient(clientSettings(product)).send(
    new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const ZipFile = await zipFolder(resolve(import.meta.dirname, "functions/echo-node"));
  const started = performance.now();
  let next = 0;
  const write = async (): Promise<void> => {
    for (let number = next++; number < functionCount; number = next++) {
      const FunctionName = `function-${String(number).padStart(5, "0")}`;
      await lambda.send(
        new CreateFunctionCommand({ FunctionName, Runtime: "nodejs26.x", Handler: "index.handler", Role: Role!.Arn!, Code: { ZipFile } }),
      );
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  const createdPerSecond = functionCount / ((performance.now() - started) / 1_000);

  const times: number[] = [];
  let Marker: string | undefined;
  for (let count = 0; count < listings; count++) {
    const from = performance.now();
    const page = await lambda.send(new ListFunctionsCommand({ MaxItems: 50, Marker }));
    times.push(performance.now() - from);
    Marker = page.NextMarker;
  }
  times.sort((a, b) => a - b);
  const lines = [
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date(Date.now()).toISOString().slice(0, 10)}; as the SDK's client sees it, client and server sharing the cores.`,
    "",
    "| measure | figure |",
    "|---|---|",
    `| functions created per second, ${writers} clients at once, each on disk before its answer | ${createdPerSecond.toFixed(0)} |`,
    `| a page of 50 among ${functionCount} functions, median | ${times[listings >> 1]!.toFixed(1)} ms |`,
    `| the same, 99th percentile | ${times[Math.floor(listings * 0.99)]!.toFixed(1)} ms |`,
  ];
  await writeSection("Control plane", lines.join("\n"));
  process.stdout.write(`${lines.join("\n")}\n`);
} finally {
  await product.stop();
}
