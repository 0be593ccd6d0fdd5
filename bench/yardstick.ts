/** How fast the machine is while a section is measured: the targets of speed are of a machine on which a bare start of Node takes 18 ms. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { median } from "./statistics.ts";

/** Of the machine that the targets were set on. */
export const referenceStartMs = 18;

export class Yardstick {
  readonly #startsMs: number[] = [];

  /** Starts Node that does nothing, while nothing else is measured. */
  async sample(count = 1): Promise<void> {
    for (let done = 0; done < count; done++) this.#startsMs.push(await startMs(process.execPath, "-e", "0"));
  }

  get count(): number {
    return this.#startsMs.length;
  }

  /** Median. */
  get startMs(): number {
    return median(this.#startsMs);
  }
}

/** From the start of a program to its end. */
export async function startMs(program: string, ...args: string[]): Promise<number> {
  const startedMs = performance.now();
  await promisify(execFile)(program, args);
  return performance.now() - startedMs;
}
