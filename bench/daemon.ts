/** How long a start takes, and what a product costs that nobody uses. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendantsOf, memoryOf } from "./process-figures.ts";
import { startPilotlightIn } from "./product.ts";
import type { BenchOptions, Section } from "./section.ts";
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

async function measure(isolation: string, rounds: number): Promise<string> {
  const first: number[] = [];
  const again: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-bench-"));
    try {
      first.push((await start(isolation, dataFolder, 0)).readyMs);
      again.push(await start(isolation, dataFolder, 3_000));
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  }
  const mebibytes = (of: (figures: Figures) => number): string => (median(again.map(of)) / 2 ** 20).toFixed(0);
  return row(
    isolation,
    median(first).toFixed(0),
    median(again.map(({ readyMs }) => readyMs)).toFixed(0),
    mebibytes(({ ownBytes }) => ownBytes),
    mebibytes(({ otherBytes }) => otherBytes),
  );
}

async function run({ isolations, rounds }: BenchOptions): Promise<string[]> {
  const lines = [
    `From the start of the process to its line \`ready\`; medians of ${rounds}. Memory: PSS and page tables, three seconds later.`,
    "",
    ...head("isolation", "first start ms", "next start ms", "MiB of the product", "MiB of what it started"),
  ];
  for (const isolation of isolations) lines.push(await measure(isolation, rounds));
  return lines;
}

export const daemon: Section = { name: "daemon", title: "The product itself", run };
