/** A part of the report. All parts of one run belong together: their ratios do, at least. */
export interface Section {
  /** As on the command line. */
  name: string;
  /** In docs/benchmarks.md. */
  title: string;
  /** Resolves with the text below the title, as Markdown. */
  run(options: BenchOptions): Promise<string[]>;
}

export interface BenchOptions {
  /** Figures are medians over so many. */
  rounds: number;
  /** Of load per round. */
  seconds: number;
  /** Drivers that work here. */
  isolations: readonly string[];
  /** Concurrent executions. */
  bursts: readonly number[];
}
