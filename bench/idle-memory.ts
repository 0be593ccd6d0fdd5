/** What an idle environment costs: its processes' share of memory, and the tables that map it. */
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { descendantsOf, descriptorCountOf, memoryOf } from "./process-figures.ts";
import { startPilotlight } from "./product.ts";
import type { BenchOptions, Section } from "./section.ts";
import { head, pause, row } from "./statistics.ts";

const environments = 30;

const functions: readonly BenchFunction[] = [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "sleep-node" },
  { name: "python", runtime: "python3.11", handler: "app.handler", folder: "sleep-python" },
];

const mebibytes = (bytes: number): string => (bytes / environments / 1024 / 1024).toFixed(1);

async function measure(isolation: string, { name }: BenchFunction): Promise<string> {
  const product = await startPilotlight(["--isolation", isolation]);
  try {
    const lambda = await deploy(
      product,
      functions.filter((one) => one.name === name),
    );
    const invoke = (forMs: number) =>
      lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ untilMs: Date.now() + forMs }) }));
    await invoke(0);
    await pause(3_000);
    const [before, descriptorsBefore] = [memoryOf(descendantsOf(product.pid)), descriptorCountOf(product.pid)];
    await Promise.all(Array.from({ length: environments + 1 }, () => invoke(5_000)));
    await pause(1_000);
    const after = memoryOf(descendantsOf(product.pid));
    const descriptors = (descriptorCountOf(product.pid) - descriptorsBefore) / environments;
    lambda.destroy();
    return row(
      isolation,
      name,
      mebibytes(after.pssBytes - before.pssBytes),
      mebibytes(after.pageTableBytes - before.pageTableBytes),
      ((after.processCount - before.processCount) / environments).toFixed(1),
      descriptors.toFixed(1),
    );
  } finally {
    await product.stop();
  }
}

async function run({ isolations }: BenchOptions): Promise<string[]> {
  const lines = [
    `Of ${environments} more environments of a function that does nothing; all processes of theirs, those around the function too; what they share counts in parts.`,
    "",
    ...head("isolation", "function", "PSS MiB", "page tables MiB", "processes", "descriptors of the product"),
  ];
  for (const isolation of isolations) for (const one of functions) lines.push(await measure(isolation, one));
  return lines;
}

export const idleMemory: Section = { name: "memory", title: "Memory of idle environments", run };
