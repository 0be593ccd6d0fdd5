/**
 * `npm run check`: everything that a commit must pass. One line per step where all is well, the step's whole output where it is not.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stopTogether } from "./stop-together.ts";

interface Step {
  name: string;
  /** What Node is to run: a package's command or a file of tools/. */
  command: [file: string, ...args: string[]];
}

const repository = join(import.meta.dirname, "..");
const command = (name: string): string => join("node_modules", ".bin", name);

const steps: Step[] = [
  { name: "unit tests", command: ["tools/run-tests.ts", "--unit"] },
  { name: "types", command: [command("tsc"), "--noEmit"] },
  { name: "lint", command: [command("oxlint"), "--deny-warnings"] },
  { name: "tidy", command: ["tools/run-tests.ts", "test/tidy.test.ts"] },
  { name: "dead code", command: [command("knip")] },
  { name: "format", command: [command("oxfmt"), "--check"] },
];
/** A test that spins stops its own process's clocks as well: only another process can end it. */
const stepTimeoutMs = 300_000;
/** Most steps have threads of their own; two at a time keep small machines busy without thrashing them. */
const lanes = 2;

process.exitCode = 1;
stopTogether();
const results = await Promise.all(Array.from({ length: lanes }, runSteps));
process.exitCode = results.every(Boolean) ? 0 : 1;

/** Takes steps off the list until it is empty. Says whether all of them went well. */
async function runSteps(): Promise<boolean> {
  let good = true;
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) good = (await runStep(step)) && good;
  return good;
}

async function runStep({ name, command: [file, ...args] }: Step): Promise<boolean> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [file, ...args], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: stepTimeoutMs,
    killSignal: "SIGKILL",
  });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on("close", resolve)),
  ]);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name.padEnd(10)} ${seconds.padStart(5)} s`);
  if (code !== 0) console.log(`\n${output}${errors}${code === null ? `ended after ${stepTimeoutMs / 1000} s\n` : ""}`);
  return code === 0;
}
