export const quantile = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

export const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** The middle of some figures, and between what the middle half of them lies. */
export interface Spread {
  median: number;
  lowerQuartile: number;
  upperQuartile: number;
}

export const spreadOf = (numbers: readonly number[]): Spread => ({
  median: median(numbers),
  lowerQuartile: quantile(numbers, 0.25),
  upperQuartile: quantile(numbers, 0.75),
});

/** Each figure divided by the one that was measured next to it. A ratio of two medians would compare minutes in which the machine was not equally fast. */
export const ratiosOf = (own: readonly number[], neighbours: readonly number[]): number[] =>
  own.map((figure, index) => figure / (neighbours[index] ?? Number.NaN));

/** `0.24 (0.22–0.27)` */
export const showSpread = ({ median: middle, lowerQuartile, upperQuartile }: Spread, digits: number): string =>
  `${middle.toFixed(digits)} (${lowerQuartile.toFixed(digits)}–${upperQuartile.toFixed(digits)})`;

/** `| a | b |` */
export const row = (...cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;

/** The head of a table. */
export const head = (...cells: readonly string[]): string[] => [row(...cells), row(...cells.map(() => "---")).replaceAll(" ", "")];

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
