/** What an idle environment costs: its processes' share of memory, and the tables that map it. */
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { descendantsOf, descriptorCountOf, memoryOf } from "./process-figures.ts";
import { startPilotlight } from "./product.ts";
import { absentRows, type BenchOptions, type Report, type Section } from "./section.ts";
import { head, pause, row } from "./statistics.ts";

const environments = 30;
const mebibyte = 2 ** 20;

interface Way {
  isolation: string;
  /** How environments are made, in the report. */
  title: string;
  args: readonly string[];
  /** How long all of them are held, so that they run at once: the last one has to begin before that. */
  holdMs: number;
}

const ways: readonly Way[] = [
  { isolation: "namespaces", title: "forked", args: [], holdMs: 5_000 },
  { isolation: "namespaces", title: "started plainly", args: ["--standbys", "0", "--fork-servers", "no"], holdMs: 12_000 },
  { isolation: "oci", title: "a container", args: [], holdMs: 25_000 },
  { isolation: "none", title: "a plain process", args: [], holdMs: 12_000 },
];

const functionsFor = ({ python }: BenchOptions): BenchFunction[] => [
  { name: "nodejs", runtime: "nodejs26.x", handler: "index.handler", folder: "sleep-node", timeoutSeconds: 60 },
  { name: "python", runtime: python.runtime, handler: "app.handler", folder: "sleep-python", timeoutSeconds: 60 },
];

const columns = ["isolation", "function", "PSS MiB", "page tables MiB", "both", "processes", "descriptors of the product"] as const;

interface Figures {
  pssMib: number;
  pageTableMib: number;
  processes: number;
  descriptors: number;
}

/** Of each environment. Rejects unless all of them ran at once. */
async function measure({ isolation, args, holdMs }: Way, one: BenchFunction): Promise<Figures> {
  const product = await startPilotlight(["--isolation", isolation, ...args]);
  try {
    const lambda = await deploy(product, [one]);
    const invoke = async (untilMs: number): Promise<boolean> => {
      const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: one.name, Payload: JSON.stringify({ untilMs }) }));
      return (JSON.parse(Payload?.transformToString() ?? "{}") as { startedMs: number }).startedMs < untilMs;
    };
    await invoke(Date.now());
    await pause(3_000);
    const [before, descriptorsBefore] = [memoryOf(descendantsOf(product.pid)), descriptorCountOf(product.pid)];
    const untilMs = Date.now() + holdMs;
    const wereAtOnce = await Promise.all(Array.from({ length: environments + 1 }, () => invoke(untilMs)));
    if (!wereAtOnce.every(Boolean)) throw new Error("not all environments had started in time");
    await pause(1_000);
    const after = memoryOf(descendantsOf(product.pid));
    lambda.destroy();
    return {
      pssMib: (after.pssBytes - before.pssBytes) / mebibyte / environments,
      pageTableMib: (after.pageTableBytes - before.pageTableBytes) / mebibyte / environments,
      processes: (after.processCount - before.processCount) / environments,
      descriptors: (descriptorCountOf(product.pid) - descriptorsBefore) / environments,
    };
  } finally {
    await product.stop();
  }
}

async function run(options: BenchOptions): Promise<Report> {
  const rows: string[] = [];
  const figures: Record<string, number> = {};
  for (const way of ways.filter(({ isolation }) => options.isolations.includes(isolation)))
    for (const one of functionsFor(options)) {
      const title = `${way.isolation}: ${way.title}`;
      try {
        const { pssMib, pageTableMib, processes, descriptors } = await measure(way, one);
        figures[`${title}, ${one.name}: PSS MiB`] = pssMib;
        figures[`${title}, ${one.name}: PSS and page tables MiB`] = pssMib + pageTableMib;
        rows.push(
          row(title, one.name, ...[pssMib, pageTableMib, pssMib + pageTableMib, processes, descriptors].map((each) => each.toFixed(1))),
        );
      } catch (error) {
        rows.push(row(title, one.name, `fails: ${(error as Error).message}`, "", "", "", ""));
      }
    }
  return {
    figures,
    lines: [
      `Of ${environments} more environments of a function that does nothing; all processes of theirs, those around the function too; what they share counts in parts.`,
      "",
      ...head(...columns),
      ...rows,
      ...absentRows(options, columns.length),
    ],
  };
}

export const idleMemory: Section = { name: "memory", title: "Memory of idle environments", run };
