/**
 * `npm test`: the unit tests in this one process, then the tests that start processes, a few files at a time.
 *
 *     npm test -- [--long] [--unit] [PART-OF-PATH…]
 *
 * `--long` also runs what takes minutes (test/support/long.ts), `--unit` only the unit tests. Failing tests are printed in full; the last
 * line is `N passed, N failed`, with `, N skipped` if any were.
 *
 * Tests that start processes share two processors with their neighbours. If a few of their files fail, each is run once more with the machine to
 * itself: what fails then is broken, what passes is printed as UNSTABLE and wants mending all the same.
 */
import { once } from "node:events";
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { run, type RunOptions } from "node:test";
import { inspect, parseArgs } from "node:util";
import { stopTogether } from "./stop-together.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Group {
  files: string[];
  isolation: "none" | "process";
  /** What one test may take. */
  timeoutMs: number;
}

const repository = join(import.meta.dirname, "..");
/** Process tests wait more than they compute; more of them at once would disturb each other's timing. */
const parallelFiles = 3;
/** More failing files than these are no accident. */
const maximumSecondTries = 3;

/** A test that ends this process, or an error in here, must not look like success. */
process.exitCode = 1;
stopTogether();

const { values: options, positionals: filters } = parseArgs({
  options: { long: { type: "boolean", default: false }, unit: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (options.long) process.env["PILOTLIGHT_LONG"] = "1";

const processTests = "src/**/*.process.test.ts";
const groups: Group[] = [{ files: find(["{src,bench}/**/*.test.ts"], [processTests]), isolation: "none", timeoutMs: 60_000 }];
if (!options.unit)
  groups.push({ files: find([processTests, "test/**/*.test.ts"]), isolation: "process", timeoutMs: options.long ? 1_800_000 : 180_000 });

const tallies: Counts[] = [];
for (const group of groups) tallies.push(...(await runGroup(group)));

const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function find(patterns: string[], exclude: string[] = []): string[] {
  const paths = globSync(patterns, { cwd: repository, exclude });
  const wanted = paths.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  return wanted.sort().map((path) => join(repository, path));
}

function sum(key: keyof Counts): number {
  return tallies.reduce((total, each) => total + each[key], 0);
}

async function runGroup({ files, isolation, timeoutMs }: Group): Promise<Counts[]> {
  if (isolation === "none") return [await runFiles(files, { isolation, timeout: timeoutMs })];
  const runAlone = (file: string): Promise<Counts> =>
    // The runner's own time-out ends a test, but never a file that something in it keeps alive: one such file would stop them all.
    runFiles([file], { isolation, timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs + 180_000) });
  const results = new Map<string, Counts>();
  const waiting = [...files];
  const runOneByOne = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) results.set(file, await runAlone(file));
  };
  await Promise.all(Array.from({ length: parallelFiles }, runOneByOne));

  const failing = files.filter((file) => results.get(file)!.failed > 0);
  if (failing.length > maximumSecondTries || files.length === 1) return [...results.values()];
  for (const file of failing) {
    const second = await runAlone(file);
    if (second.failed === 0) console.log(`UNSTABLE ${relative(repository, file)} failed, and passed when it was run again alone\n`);
    results.set(file, second);
  }
  return [...results.values()];
}

async function runFiles(files: string[], how: RunOptions): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return counts;
  const failing = new Set<string | undefined>();
  const output = new Map<string | undefined, string>();
  const keep = ({ file, message }: { file?: string; message: string }): void => void output.set(file, (output.get(file) ?? "") + message);

  const tests = run({ files, cwd: repository, ...how });
  tests.on("test:stdout", keep);
  tests.on("test:stderr", keep);
  tests.on("test:fail", (failure) => {
    failing.add(failure.file);
    report(failure);
  });
  tests.on("test:summary", ({ file, counts: found, success }) => {
    // One summary per file comes before the one of the group.
    if (file !== undefined) return;
    const unproven = found.skipped + found.todo;
    const bad = found.tests - found.passed - unproven;
    counts.passed += found.passed;
    counts.skipped += unproven;
    // A hook that fails outside of every test is in no count.
    counts.failed += success ? bad : Math.max(bad, 1);
  });
  await once(tests.resume(), "end");
  for (const file of failing) if (output.has(file)) console.log(`Output of ${relative(repository, file ?? "")}:\n${output.get(file)}`);
  return counts;
}

/** A test that failed only because one within it did is not worth a word of its own. */
function report({ name, file, line, details }: { name: string; file?: string; line?: number; details: { error: Error } }): void {
  const { error } = details;
  if ("failureType" in error && error.failureType === "subtestsFailed") return;
  console.log(`FAILED ${name}\n  ${relative(repository, file ?? "")}:${line}\n${inspect(error.cause ?? error)}\n`);
}
