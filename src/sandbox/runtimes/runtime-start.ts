import type { Places } from "../drivers/driver.ts";

/** How a runtime's process is started. */
export interface RuntimeStart {
  /** By what it talks with us. */
  link: "frames" | "http";
  /** Whether it can be started before its function is known: see docs/frames.md. */
  canStandBy?: boolean;
  /** Absolute path; of an image: as in a command line, in there. */
  program: string;
  args: readonly string[];
  /** Absolute, as the function sees it; without it, the folder of the code. */
  workingDirectory?: string;
  /** LAMBDA_RUNTIME_DIR */
  runtimeFolder: string;
  /** Defaults of this runtime, which the customer's variables may replace. */
  variables: (places: Places) => Readonly<Record<string, string>>;
  /** Folders besides the code that the process must be able to read. */
  readable: readonly string[];
}
