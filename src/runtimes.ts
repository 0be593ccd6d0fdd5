/**
 * `npm run runtimes`: which runtimes functions find on this machine, and what to do for the others; `npm run runtimes -- install ID` fetches what a runtime
 * lacks before its first function wants it. Modes of main.ts, as the doctor is, so that they see what a start with the same settings sees.
 */
import type { Log } from "#kit/log.ts";
import { RuntimeCatalog } from "#sandbox/runtimes/catalog.ts";
import type { RuntimeSurvey } from "#sandbox/runtimes/runtime-survey.ts";
import { deprecation, runnable } from "#services/lambda/runtimes.ts";
import type { SandboxSettings } from "./doctor.ts";

export const runtimesHelp = `Usage: npm run runtimes [-- options]
       npm run runtimes -- install IDENTIFIER… [options]

Lists the runtimes of functions with what this machine has of each, or fetches what some of them lack. "pilotlight runtimes" does the same.

  --data-dir DIR, --toolchain-dir DIR, --maven-repository URL   as with npm start
`;

type Print = (line: string) => void;

/** A line for each identifier: what it is called, how it stands, until when AWS supports it, what was found. */
export async function listRuntimes(settings: SandboxSettings, log: Log, print: Print): Promise<void> {
  const catalog = new RuntimeCatalog({ ...settings, log });
  const surveys = await Promise.all(runnable.map((runtime) => catalog.survey(runtime)));
  const width = Math.max(...runnable.map((runtime) => runtime.length));
  const line = (...[runtime, state, until, what]: [string, string, string, string]): string =>
    `${runtime.padEnd(width)}  ${state.padEnd(9)}  ${until.padEnd(11)}  ${what}`;
  print(line("identifier", "state", "AWS until", "what there is, or what to do"));
  for (const [index, runtime] of runnable.entries()) {
    const survey = surveys[index]!;
    print(line(runtime, survey.state, deprecation[runtime] ?? "no date yet", describe(survey)));
  }
  print("To fetch what is fetchable before a function needs it: npm run runtimes -- install IDENTIFIER");
}

function describe(survey: RuntimeSurvey): string {
  if (survey.state === "missing") return survey.remedy;
  return survey.state === "ready" ? survey.found : `${survey.found}; lacks ${survey.source}`;
}

/** Fetches what is missing of these runtimes. Resolves with whether functions can run on all of them now. */
export async function installRuntimes(runtimes: readonly string[], settings: SandboxSettings, log: Log, print: Print): Promise<boolean> {
  const unknown = runtimes.find((runtime) => !runnable.includes(runtime));
  if (runtimes.length === 0 || unknown !== undefined) {
    const what = unknown === undefined ? "Name what shall be installed" : `There is no runtime "${unknown}" here`;
    print(`${what}. There are: ${runnable.join(", ")}.`);
    return false;
  }
  const catalog = new RuntimeCatalog({ ...settings, log });
  let areReady = true;
  for (const runtime of runtimes) areReady = (await install(runtime, catalog, print)) && areReady;
  return areReady;
}

async function install(runtime: string, catalog: RuntimeCatalog, print: Print): Promise<boolean> {
  const failure = await catalog.find(runtime, "").then(
    () => undefined,
    (error: Error) => error,
  );
  const survey = await catalog.survey(runtime);
  print(failure ? failure.message : `${runtime} is ${survey.state}: ${describe(survey)}`);
  return failure === undefined;
}
