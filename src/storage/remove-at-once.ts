import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";

/**
 * Removes a folder with all that is in it, unless there is none. It loses its name in one step, so that there is never half a folder under it; what a
 * crash leaves has the folder's name with `.deleted-…` behind it.
 */
export async function removeAtOnce(folder: string): Promise<void> {
  const doomed = `${folder}.deleted-${randomUUID()}`;
  try {
    await rename(folder, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await rm(doomed, { recursive: true });
}
