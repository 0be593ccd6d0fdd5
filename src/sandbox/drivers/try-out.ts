import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Driver, Network } from "./driver.ts";
import { environmentFolderPrefix } from "./leftovers.ts";

const expectedStatus = 42;

/** Runs a program in a sandbox to see whether that works; resolves with what went wrong, if it did. */
export async function tryOut(driver: Pick<Driver, "launch" | "openNetwork">, folder: string): Promise<string | undefined> {
  const environment = join(folder, `${environmentFolderPrefix}trial`);
  const tmp = join(environment, "tmp");
  await mkdir(tmp, { recursive: true });
  let network: Network | undefined;
  try {
    network = driver.openNetwork();
    const trial = await driver.launch({
      program: "/bin/sh",
      args: ["-c", `exit ${expectedStatus}`],
      variables: {},
      folders: { environment, tmp, task: tmp, fileSystems: [], readable: [] },
      network,
      memoryMb: 128,
      ephemeralStorageMb: 512,
      wantsFrames: false,
    });
    let output = "";
    trial.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    trial.stdout.resume();
    const { code } = await trial.exited;
    return code === expectedStatus ? undefined : `a trial failed: ${output.trim() || `status ${code}`}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    network?.close();
    await rm(environment, { recursive: true, force: true });
  }
}
