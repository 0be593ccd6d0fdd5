import { chmod, copyFile, link, lstat, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Semaphore } from "#kit/semaphore.ts";
import { syncToDisk } from "./durable-file.ts";

const concurrentSyncs = 16;

/**
 * Makes `target`, which must not exist, the union of the folders: of what shares a path the last one stays, except that folders become
 * one. Files are linked, not copied: they cost names, not bytes. It appears only when it is complete and on disk.
 */
export async function mergeFolders(sources: readonly string[], target: string): Promise<void> {
  const scratch = await mkdtemp(`${target}.partial-`);
  try {
    for (const source of sources) await lay(source, scratch);
    await syncFolders(scratch);
    await rename(scratch, target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
  await syncToDisk(dirname(target));
}

/** Follows no link: what strangers' archives brought must not lead us out of the folder. */
async function lay(source: string, target: string): Promise<void> {
  await chmod(target, 0o755);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (!(entry.isDirectory() && (await isFolder(to)))) await rm(to, { recursive: true, force: true });
    if (entry.isDirectory()) {
      await mkdir(to, { recursive: true });
      await lay(from, to);
    } else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    // Not every file system has links.
    else await link(from, to).catch(() => copyFile(from, to));
  }
}

/** The files' bytes are on disk already; their names here are not. */
async function syncFolders(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const syncs = new Semaphore(concurrentSyncs);
  await Promise.all([root, ...folders].map((folder) => syncs.run(() => syncToDisk(folder))));
}

const isFolder = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
