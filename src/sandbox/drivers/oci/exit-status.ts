import { constants } from "node:os";
import type { ProcessExit } from "../driver.ts";

/** What a runtime, like a shell, adds to the number of the signal that ended its process. */
const bySignal = 128;

/** The first name of each number: later ones are other names of the same. */
const signals = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
);

/**
 * How the function ended, by the status of the runtime that ran it. DIVERGES: one that ends by itself with a status above 128 looks as if a signal
 * had ended it, because runtimes do not tell.
 */
export function asSignal({ code, signal }: ProcessExit): ProcessExit {
  const name = code === null ? undefined : signals.get(code - bySignal);
  return name === undefined ? { code, signal } : { code: null, signal: name };
}
