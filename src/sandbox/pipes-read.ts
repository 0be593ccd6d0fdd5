let reading: Promise<void> | undefined;

/**
 * Output that the function wrote before its answer may lie in the pipes yet. The first turn ends the reading in which the answer
 * came; the second has seen all pipes. Those that ask in the same turn wait together.
 */
export function pipesRead(): Promise<void> {
  reading ??= new Promise((resolve) =>
    setImmediate(() => {
      reading = undefined;
      setImmediate(resolve);
    }),
  );
  return reading;
}
