export const quantile = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

/** `| a | b |` */
export const row = (...cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;

/** The head of a table. */
export const head = (...cells: readonly string[]): string[] => [row(...cells), row(...cells.map(() => "---")).replaceAll(" ", "")];

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
