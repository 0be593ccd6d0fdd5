import type { Log } from "#kit/log.ts";
import type { EnvironmentSpec } from "./contract.ts";
import type { Network } from "./drivers/driver.ts";

/** A day: nobody looks at a variable for longer. */
const patienceMs = 24 * 60 * 60 * 1000;

/** By the families of runtimes: the port that their debuggers expect, and what makes an interpreter wait for one there. */
const debuggers: Readonly<Record<string, { port: number; options: (address: string) => readonly string[] }>> = {
  nodejs: { port: 9229, options: (address) => [`--inspect-wait=${address}`] },
  python: { port: 5678, options: (address) => ["-m", "debugpy", "--listen", address, "--wait-for-client"] },
  java: { port: 5005, options: (address) => [`-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=${address}`] },
};

interface Command {
  path: string;
  args: readonly string[];
}

/** Functions that are run under a debugger: one environment of each at a time. See docs/debugging.md. */
export class Debugging {
  #ports: ReadonlyMap<string, number | undefined>;
  #log: Log;
  #claimed = new Set<string>();

  /** By the names of functions; undefined: the usual port. */
  constructor(ports: ReadonlyMap<string, number | undefined>, log: Log) {
    this.#ports = ports;
    this.#log = log;
  }

  /** What the next environment of this function shall be like, if it is to be debugged and none is yet. `release` is the caller's to call. */
  claim(spec: EnvironmentSpec): DebuggedEnvironment | undefined {
    const { functionName, runtime } = spec;
    if (!this.#ports.has(functionName) || this.#claimed.has(functionName)) return undefined;
    const [family = ""] = /^[a-z]+/.exec(runtime) ?? [];
    const known = Object.hasOwn(debuggers, family) ? debuggers[family] : undefined;
    if (!known) {
      this.#log.warn("there is no debugger for this function's runtime", { function: functionName, runtime });
      return undefined;
    }
    const port = this.#ports.get(functionName) ?? known.port;
    this.#claimed.add(functionName);
    return {
      spec: { ...spec, timeoutMs: patienceMs },
      command: ({ path, args }) => ({ path, args: withOptions(args, known.options(`127.0.0.1:${port}`)) }),
      open: async (network) => {
        await network.expose(port);
        this.#log.info("a function waits for its debugger", { function: functionName, address: `127.0.0.1:${port}` });
      },
      release: () => void this.#claimed.delete(functionName),
    };
  }
}

/** Behind the interpreter's own options: after `-m` they would be somebody else's. */
function withOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  return args.toSpliced(at === -1 ? args.length : at, 0, ...options);
}

export interface DebuggedEnvironment {
  /** With all the time there is. */
  readonly spec: EnvironmentSpec;
  /** The runtime's command line, which waits for a debugger. */
  command(command: Command): Command;
  /** Lets this machine's debuggers in. Rejects if the port is taken. */
  open(network: Network): Promise<void>;
  release(): void;
}
