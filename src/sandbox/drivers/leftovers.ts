import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#kit/log.ts";
import type { LaunchFolders } from "./driver.ts";
import { killMarked } from "./marked-processes.ts";

/** Folders of environments in the run folder are named so. */
export const environmentFolderPrefix = "env-";

/** Makes an environment's folder, and the one for temporary files in it, unless they are there. */
export async function makeFolders({ tmp }: LaunchFolders): Promise<void> {
  await mkdir(tmp, { recursive: true, mode: 0o700 });
}

/** Ends the processes and removes the folders that a daemon which was killed left in its run folder. */
export async function sweepLeftovers(runFolder: string, log: Log): Promise<void> {
  await mkdir(runFolder, { recursive: true, mode: 0o700 });
  const killed = await killMarked(runFolder);
  const folders = (await readdir(runFolder)).filter((name) => name.startsWith(environmentFolderPrefix));
  for (const folder of folders) await removeFolder(join(runFolder, folder), log);
  if (killed + folders.length > 0) log.info("swept what an earlier run left", { processes: killed, folders: folders.length });
}

/** Removes an environment's folder. A function can make that fail; the next start tries again. */
export async function removeFolder(folder: string, log: Log): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
    log.warn("could not remove the folder of an environment", { folder, error }),
  );
}
