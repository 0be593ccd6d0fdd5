import type { Places } from "../drivers/driver.ts";

/** How a runtime's process is started. */
export interface RuntimeStart {
  /** By what it talks with us. */
  link: "frames" | "http";
  /** Absolute path. */
  program: string;
  args: readonly string[];
  /** LAMBDA_RUNTIME_DIR */
  runtimeFolder: string;
  /** Defaults of this runtime, which the customer's variables may replace. */
  variables: (places: Places) => Readonly<Record<string, string>>;
  /** Folders besides the code that the process must be able to read. */
  readable: readonly string[];
}
