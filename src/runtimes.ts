/**
 * `npm run runtimes`: which runtimes functions find on this machine, and what to do for the others; `npm run runtimes -- install ID` fetches what a runtime
 * lacks before its first function wants it. Modes of main.ts, as the doctor is, so that they see what a start with the same settings sees.
 */
import type { Log } from "#kit/log.ts";
import { RuntimeCatalog } from "#sandbox/runtimes/catalog.ts";
import type { RuntimeSurvey } from "#sandbox/runtimes/runtime-survey.ts";
import { deprecation, runnable } from "#services/lambda/runtimes.ts";
import type { SandboxSettings } from "./doctor.ts";

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

/** Fetches what is missing of a runtime. Resolves with whether functions can run on it now. */
export async function installRuntime(runtime: string, settings: SandboxSettings, log: Log, print: Print): Promise<boolean> {
  if (!runnable.includes(runtime)) {
    print(`There is no runtime "${runtime}" here. There are: ${runnable.join(", ")}.`);
    return false;
  }
  const catalog = new RuntimeCatalog({ ...settings, log });
  const failure = await catalog.find(runtime, "").then(
    () => undefined,
    (error: Error) => error,
  );
  const survey = await catalog.survey(runtime);
  print(failure ? failure.message : `${runtime} is ${survey.state}: ${describe(survey)}`);
  return failure === undefined;
}
