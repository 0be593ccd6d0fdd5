import type { Python } from "./python.ts";
import { row } from "./statistics.ts";
import type { Yardstick } from "./yardstick.ts";

export const usualRounds = 5;

/** A part of the report. All parts of one run belong together: their ratios do, at least. */
export interface Section {
  /** As on the command line. */
  name: string;
  /** In docs/benchmarks.md. */
  title: string;
  run(options: BenchOptions): Promise<Report>;
}

export interface Report {
  /** The text below the title, as Markdown. */
  lines: string[];
  /** Those that targets are set for (targets.ts), by name. */
  figures?: Record<string, number>;
}

export interface BenchOptions {
  /** Figures are medians over so many, or over a multiple of it. */
  rounds: number;
  /** Drivers that work here. */
  isolations: readonly string[];
  /** Those that do not, and why. */
  absent: ReadonlyMap<string, string>;
  /** Concurrent executions; undefined: what is usual for each driver. */
  bursts: readonly number[] | undefined;
  /** What Python functions run on. */
  python: Python;
  /** To be sampled now and then, between measurements. */
  yardstick: Yardstick;
}

/** Which part of a warm-up is due: trials of fewer rounds than usual warm up less. */
export const warmUpPart = ({ rounds }: BenchOptions): number => Math.min(1, rounds / usualRounds);

/** Rows of a table of so many columns for the drivers that do not work here. */
export const absentRows = ({ absent }: BenchOptions, columnCount: number): string[] =>
  [...absent].map(([isolation, why]) => row(isolation, `cannot run here: ${why}`, ...Array.from({ length: columnCount - 2 }, () => "")));
