/** What a runtime has on this machine. */
export type RuntimeSurvey =
  /** `found`: the program, and what there is to say about it. */
  | { state: "ready"; found: string }
  /** The rest is fetched at the first use, or by `npm run runtimes -- install`. */
  | { state: "fetchable"; found: string; source: string }
  | { state: "missing"; remedy: string };

/** Of an interpreter that may be newer than what was asked for. */
export function surveyOf({ program, version }: { program: string; version: string }, wanted: string): { state: "ready"; found: string } {
  return { state: "ready", found: version === wanted ? program : `${program}, which is ${version}` };
}
