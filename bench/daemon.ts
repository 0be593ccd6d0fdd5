/** How long a start takes, and what a product costs that nobody uses. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendantsOf, memoryOf } from "./process-figures.ts";
import { startPilotlightIn } from "./product.ts";
import { absentRows, type BenchOptions, type Report, type Section } from "./section.ts";
import { head, median, pause, row } from "./statistics.ts";

interface Figures {
  readyMs: number;
  ownBytes: number;
  otherBytes: number;
}

async function start(isolation: string, dataFolder: string, settleMs: number): Promise<Figures> {
  const startedMs = performance.now();
  const product = await startPilotlightIn(dataFolder, ["--isolation", isolation]);
  const readyMs = performance.now() - startedMs;
  await pause(settleMs);
  const [own, others] = [memoryOf([product.pid]), memoryOf(descendantsOf(product.pid))];
  await product.stop();
  return { readyMs, ownBytes: own.pssBytes + own.pageTableBytes, otherBytes: others.pssBytes + others.pageTableBytes };
}

const columns = ["isolation", "first start ms", "next start ms", "MiB of the product", "MiB of what it started"] as const;

async function measure(isolation: string, { rounds, yardstick }: BenchOptions): Promise<number[]> {
  const first: number[] = [];
  const again: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-bench-"));
    try {
      await yardstick.sample();
      first.push((await start(isolation, dataFolder, 0)).readyMs);
      again.push(await start(isolation, dataFolder, 3_000));
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  }
  const mebibytes = (of: (figures: Figures) => number): number => median(again.map(of)) / 2 ** 20;
  const readyMs = median(again.map((figures) => figures.readyMs));
  return [median(first), readyMs, mebibytes(({ ownBytes }) => ownBytes), mebibytes(({ otherBytes }) => otherBytes)];
}

async function run(options: BenchOptions): Promise<Report> {
  const rows: string[] = [];
  const figures: Record<string, number> = {};
  for (const isolation of options.isolations) {
    const measured = await measure(isolation, options);
    rows.push(row(isolation, ...measured.map((figure) => figure.toFixed(0))));
    for (const [index, figure] of measured.entries()) figures[`${isolation}: ${columns[index + 1]}`] = figure;
  }
  return {
    figures,
    lines: [
      `From the start of the process to its line \`ready\`; medians of ${options.rounds}. Memory: PSS and page tables, three seconds later.`,
      "",
      ...head(...columns),
      ...rows,
      ...absentRows(options, columns.length),
    ],
  };
}

export const daemon: Section = { name: "daemon", title: "The product itself", run };
