/**
 * What happens for the sake of one environment, in a callback of a socket, a process or a timer, shall break that environment at most. An error that
 * escapes from there would end the whole product.
 */
export type OnFault = (error: unknown) => void;

/** The same action; `onFault` gets what it throws. */
export function contained<A extends unknown[]>(action: (...args: A) => void, onFault: OnFault): (...args: A) => void {
  return (...args) => {
    try {
      action(...args);
    } catch (error) {
      onFault(error);
    }
  };
}

/** The same listener, none of whose methods throws. */
export function containedListener<L extends { [Name in keyof L]: (...args: never[]) => void }>(listener: L, onFault: OnFault): L {
  const actions = Object.entries<(...args: never[]) => void>(listener);
  return Object.fromEntries(actions.map(([name, action]) => [name, contained(action, onFault)])) as unknown as L;
}
