import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface DurableFileOptions {
  /** Permission bits of the file. */
  mode: number;
  /** Where the file is written before it gets its name: a folder of the same file system. */
  scratchFolder: string;
}

/**
 * Writes a file that is either there, whole and on disk, or not there at all, whenever the power fails. A file of the same name is
 * replaced. What a crash leaves in the scratch folder is nobody's.
 */
export async function writeFileDurably(path: string, bytes: Uint8Array, { mode, scratchFolder }: DurableFileOptions): Promise<void> {
  const scratchPath = join(scratchFolder, `${randomUUID()}.partial`);
  try {
    await using file = await open(scratchPath, "wx", mode);
    await file.writeFile(bytes);
    await file.sync();
    await rename(scratchPath, path);
  } catch (error) {
    await rm(scratchPath, { force: true });
    throw error;
  }
  await syncToDisk(dirname(path));
}

/** Makes a file's content, or which names a folder has, survive a power failure. */
export async function syncToDisk(path: string): Promise<void> {
  await using handle: FileHandle = await open(path, "r");
  await handle.sync();
}

/** Creates the folder, or empties the one that is there. */
export async function emptyFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true });
}
