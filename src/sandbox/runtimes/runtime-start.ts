import type { EnvironmentSpec } from "../contract.ts";
import type { ForkServerKind, Places } from "../drivers/driver.ts";

/** How a runtime's process is started. */
export interface RuntimeStart {
  /** By what it talks with us. */
  link: "frames" | "http";
  /** Of `http`: whether it writes its log events, framed, to a descriptor of their own. */
  writesFramedLogs?: boolean;
  /** Whether it can be started before its function is known: see docs/frames.md. */
  canStandBy?: boolean;
  /** Whether it can then be a fork server, and of which kind. */
  forkServer?: ForkServerKind;
  /** Absolute path; of an image: as in a command line, in there. */
  program: string;
  args: readonly string[];
  /** Follow `args` where they depend on the function. */
  functionArgs?: (spec: Pick<EnvironmentSpec, "handler" | "memoryMb">) => readonly string[];
  /** Absolute, as the function sees it; without it, the folder of the code. */
  workingDirectory?: string;
  /** LAMBDA_RUNTIME_DIR */
  runtimeFolder: string;
  /** Defaults of this runtime, which the customer's variables may replace. */
  variables: (places: Places) => Readonly<Record<string, string>>;
  /** Folders besides the code that the process must be able to read. */
  readable: readonly string[];
}
