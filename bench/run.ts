/**
 * `npm run bench`: one report, side by side in one run; it takes its time, and the machine should have nothing else to do.
 *
 *     npm run bench -- [SECTION…] [--rounds 5] [--seconds 3] [--isolation NAME,…] [--burst COUNT,…]
 *
 * Writes docs/benchmarks.md, in which sections that were not run stay as they are.
 */
import { availableBytes } from "./process-figures.ts";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { burstSection } from "./burst.ts";
import { coldStart } from "./cold-start.ts";
import { controlPlane } from "./control-plane.ts";
import { daemon } from "./daemon.ts";
import { idleMemory } from "./idle-memory.ts";
import { peers } from "./peers.ts";
import { startPilotlight } from "./product.ts";
import { writeSection } from "./report.ts";
import type { BenchOptions, Section } from "./section.ts";
import { warm } from "./warm.ts";

const sections: readonly Section[] = [warm, coldStart, idleMemory, burstSection, daemon, peers, controlPlane];
const drivers = ["namespaces", "oci", "none"];

/** What a thousand executions take, and what the machine should have left. */
const bytesPerExecution = 6 * 1024 * 1024;
const [fullBursts, smallBursts] = [[1_000, 3_000], [100]];

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    isolation: { type: "string", default: drivers.join() },
    burst: { type: "string", default: "" },
  },
  allowPositionals: true,
});

const unknown = positionals.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0)
  throw new Error(`There is no section ${unknown.join(", ")}; there are ${sections.map(({ name }) => name).join(", ")}.`);

/** Those that work on this machine; the others are left out aloud. */
async function workingDrivers(wanted: readonly string[]): Promise<string[]> {
  const working: string[] = [];
  for (const isolation of wanted) {
    try {
      await (await startPilotlight(["--isolation", isolation])).stop();
      working.push(isolation);
    } catch {
      process.stderr.write(`LEFT OUT: isolation ${isolation} does not work here\n`);
    }
  }
  return working;
}

function burstsOf(text: string): number[] {
  if (text !== "") return text.split(",").map(Number);
  const fitting = fullBursts.filter((count) => count * bytesPerExecution < availableBytes() * 0.9);
  if (fitting.length < fullBursts.length) process.stderr.write("LEFT OUT: bursts for which the memory does not suffice\n");
  return fitting.length > 0 ? fitting : smallBursts;
}

const options: BenchOptions = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  isolations: await workingDrivers(values.isolation.split(",")),
  bursts: burstsOf(values.burst),
};
const machine = `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date(Date.now()).toISOString().slice(0, 10)}; client, servers and functions share the cores.`;

for (const section of sections) {
  if (positionals.length > 0 && !positionals.includes(section.name)) continue;
  const text = [machine, ...(await section.run(options))].join("\n");
  await writeSection(section.title, text);
  process.stdout.write(`\n## ${section.title}\n\n${text}\n`);
}
