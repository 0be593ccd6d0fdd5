/**
 * Something that is at hand most of the time and has to be waited for now and then: what a cache holds, a file that is loaded once. On
 * the path of every request a wait for nothing costs more than the work around it.
 */
export type Eventual<T> = T | Promise<T>;

/** Goes on with `value`: at once if it is here, otherwise when it is. */
export function whenKnown<T, Result>(value: Eventual<T>, goOn: (value: T) => Eventual<Result>): Eventual<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
