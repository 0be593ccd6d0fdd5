/**
 * `npm run bench`: one report, side by side in one run; it takes its time, and the machine should have nothing else to do.
 *
 *     npm run bench -- [SECTION…] [--rounds 5] [--isolation NAME,…] [--burst COUNT,…] [--dry]
 *
 * Writes docs/benchmarks.md, in which sections that were not run stay as they are, and at its top the table of targets. A section that fails is left as it
 * was; the others go on, and the status says so at the end. `--dry` only prints.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { burstSection } from "./burst.ts";
import { coldStart } from "./cold-start.ts";
import { controlPlane } from "./control-plane.ts";
import { daemon } from "./daemon.ts";
import { idleMemory } from "./idle-memory.ts";
import { noise } from "./noise.ts";
import { peers } from "./peers.ts";
import { startPilotlight } from "./product.ts";
import { findPython } from "./python.ts";
import { writeSection, writeTargets } from "./report.ts";
import { type BenchOptions, type Section, usualRounds } from "./section.ts";
import { targetLines, targets } from "./targets.ts";
import { warm } from "./warm.ts";
import { referenceStartMs, Yardstick } from "./yardstick.ts";

const sections: readonly Section[] = [warm, coldStart, idleMemory, burstSection, noise, daemon, peers, controlPlane];
const drivers = ["namespaces", "oci", "none"];
/** Before each section, and after it. */
const yardstickSamples = 5;

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: String(usualRounds) },
    isolation: { type: "string", default: drivers.join() },
    burst: { type: "string", default: "" },
    dry: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const unknown = positionals.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0)
  throw new Error(`There is no section ${unknown.join(", ")}; there are ${sections.map(({ name }) => name).join(", ")}.`);

/** Those that work on this machine, and why the others do not. */
async function tryDrivers(wanted: readonly string[]): Promise<Pick<BenchOptions, "isolations" | "absent">> {
  const isolations: string[] = [];
  const absent = new Map<string, string>();
  for (const isolation of wanted) {
    try {
      await (await startPilotlight(["--isolation", isolation])).stop();
      isolations.push(isolation);
    } catch (error) {
      // What to do about it is not for a table.
      absent.set(isolation, (error as Error).message.split(". ", 1)[0] as string);
    }
  }
  return { isolations, absent };
}

const shared: Omit<BenchOptions, "yardstick"> = {
  rounds: Number(values.rounds),
  bursts: values.burst === "" ? undefined : values.burst.split(",").map(Number),
  python: await findPython(),
  ...(await tryDrivers(values.isolation.split(","))),
};

async function report({ name, title, run }: Section): Promise<void> {
  const yardstick = new Yardstick();
  const startedMs = performance.now();
  await yardstick.sample(yardstickSamples);
  const { lines, figures } = await run({ ...shared, yardstick });
  await yardstick.sample(yardstickSamples);
  const date = new Date(Date.now()).toISOString().slice(0, 10);
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  const machine = [
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${date}, ${minutes} minutes; client, servers and functions share the cores.`,
    `A bare start of Node (\`node -e 0\`) takes ${yardstick.startMs.toFixed(1)} ms meanwhile (median of ${yardstick.count}; ${referenceStartMs} on the machine that the targets are of).`,
  ];
  const text = [...machine, ...lines].join("\n");
  const measured = { date, nodeStartMs: yardstick.startMs, figures: figures ?? {} };
  const own = targets.filter(({ section }) => section === name);
  process.stdout.write(`\n## ${title}\n\n${text}\n${own.length === 0 ? "" : `\n${targetLines({ [name]: measured }, own).join("\n")}\n`}`);
  if (values.dry) return;
  await writeSection(title, text);
  if (figures !== undefined) await writeTargets(name, measured);
}

for (const section of sections) {
  if (positionals.length > 0 && !positionals.includes(section.name)) continue;
  try {
    await report(section);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`section ${section.name} FAILED: ${(error as Error).stack}\n`);
  }
}
