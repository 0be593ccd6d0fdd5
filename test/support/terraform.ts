/** Terraform with its AWS provider, unmodified, in a folder of its own. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Where Terraform finds the provider without a network, if it is none of its own plugin folders. */
const plugins = process.env.PILOTLIGHT_TERRAFORM_PLUGINS;

export interface Terraform extends AsyncDisposable {
  /** Holds the configuration, and what that refers to. */
  folder: string;
  /** Resolves with what it printed. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Rejects if a plan would change anything. */
  assertNothingToDo(...args: string[]): Promise<void>;
}

/** `source`: a file of test/clients/terraform. Undefined if Terraform or its provider is not installed here. */
export async function openTerraform(source: string): Promise<Terraform | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-terraform-"));
  const terraform = async (command: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run("terraform", [command, "-no-color", "-input=false", ...args], { cwd: folder, maxBuffer: 1e8 });
    return stdout;
  };
  try {
    await copyFile(resolve(import.meta.dirname, "../clients/terraform", source), join(folder, "main.tf"));
    const options = { cwd: folder, timeout: 30_000 };
    await run("terraform", ["init", "-input=false", ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`])], options);
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
  return {
    folder,
    run: terraform,
    async assertNothingToDo(...args) {
      // Exit code 2 would mean that there are changes.
      await terraform("plan", "-detailed-exitcode", ...args);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export const notInstalled = "Terraform or its AWS provider is not installed here";
