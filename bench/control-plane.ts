/** How fast functions are created, and a page of 50 is listed, with ten thousand of them there. */
import { resolve } from "node:path";
import { CreateFunctionCommand, type LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { zipFolder } from "../examples/zip-folder.ts";
import { deploy } from "./deploy.ts";
import { startPilotlight } from "./product.ts";
import type { Report, Section } from "./section.ts";
import { head, quantile, row } from "./statistics.ts";

const functionCount = 10_000;
const writers = 16;
const listings = 200;

/** Functions per second. */
async function create(lambda: LambdaClient): Promise<number> {
  const ZipFile = await zipFolder(resolve(import.meta.dirname, "functions/echo-node"));
  const Role = "arn:aws:iam::000000000000:role/bench";
  const startedMs = performance.now();
  let next = 0;
  const write = async (): Promise<void> => {
    for (let number = next++; number < functionCount; number = next++) {
      const FunctionName = `function-${String(number).padStart(5, "0")}`;
      await lambda.send(
        new CreateFunctionCommand({ FunctionName, Runtime: "nodejs26.x", Handler: "index.handler", Role, Code: { ZipFile } }),
      );
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return functionCount / ((performance.now() - startedMs) / 1_000);
}

async function list(lambda: LambdaClient): Promise<number[]> {
  const times: number[] = [];
  let Marker: string | undefined;
  for (let count = 0; count < listings; count++) {
    const fromMs = performance.now();
    const page = await lambda.send(new ListFunctionsCommand({ MaxItems: 50, Marker }));
    times.push(performance.now() - fromMs);
    Marker = page.NextMarker;
  }
  return times;
}

async function run(): Promise<Report> {
  const product = await startPilotlight(["--isolation", "none"]);
  try {
    const lambda = await deploy(product, []);
    const createdPerSecond = await create(lambda);
    const times = await list(lambda);
    lambda.destroy();
    const lines = [
      "As the SDK's client sees it.",
      "",
      ...head("measure", "figure"),
      row(`functions created per second, ${writers} clients at once, each on disk before its answer`, createdPerSecond.toFixed(0)),
      row(`a page of 50 among ${functionCount} functions, median`, `${quantile(times, 0.5).toFixed(1)} ms`),
      row("the same, 99th percentile", `${quantile(times, 0.99).toFixed(1)} ms`),
    ];
    return { lines };
  } finally {
    await product.stop();
  }
}

export const controlPlane: Section = { name: "control-plane", title: "Control plane", run };
