/** What a launch finds on this machine, or puts into its environment's folder, before its sandbox is built. */
import { existsSync } from "node:fs";
import { open, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LaunchFolders, LaunchOrder } from "../driver.ts";
import { makeFolders } from "../leftovers.ts";
import { placesOf, type TmpSource } from "./launch-script.ts";
import { filesPerMb, type TmpImages } from "./tmp-images.ts";

/** What the program needs at the places that it has on this machine, as far as it exists. To look is quicker than to wait for somebody who looks. */
export function readableFolders(folders: LaunchFolders): string[] {
  const wanted = placesOf(folders).layers === folders.layers ? [...folders.readable, folders.layers] : folders.readable;
  return wanted.filter((folder) => existsSync(folder));
}

/** The function's user, as /etc/passwd has it. */
export const passwdLine = (uid: number): string => `sbx_user:x:${uid}:${uid}::/tmp:/sbin/nologin\n`;

/** A file with the function's user in it. */
export async function passwdFile(folders: LaunchFolders, uid: number): Promise<string> {
  await makeFolders(folders);
  const path = join(folders.environment, "passwd");
  await writeFile(path, passwdLine(uid));
  return path;
}

/** Numbers of the groups of shared folders, root's excepted: a function may do there what members of the group may. */
export async function groupsOf({ fileSystems }: LaunchFolders): Promise<number[]> {
  const found = await Promise.all(fileSystems.map(({ folder }) => stat(folder)));
  return [...new Set(found.map(({ gid }) => gid))].filter((gid) => gid !== 0);
}

/** What is mounted on /tmp, and how. An image lives as long as its environment, so that what lies in there survives a crash of the function. */
export async function tmpSource(
  images: TmpImages | undefined,
  { folders, ephemeralStorageMb }: LaunchOrder,
  { isRootless = false, isNative = false } = {},
): Promise<TmpSource> {
  const options = "nosuid,nodev";
  const image = join(folders.environment, "tmp-image");
  const ofImage = { source: image, type: "ext4", options: `loop,${options},noatime,noinit_itable` };
  const template = isNative ? images?.template(ephemeralStorageMb) : undefined;
  if (template !== undefined) return { ...ofImage, template };
  await makeFolders(folders);
  if (isRootless)
    return {
      source: "tmpfs",
      type: "tmpfs",
      options: `${options},size=${ephemeralStorageMb}m,nr_inodes=${ephemeralStorageMb * filesPerMb}`,
    };
  if (!images) return { source: folders.tmp, type: "none", options: `bind,${options}` };
  const exists = await stat(image).then(
    () => true,
    () => false,
  );
  if (!exists) await images.provide(image, ephemeralStorageMb);
  return ofImage;
}

/** A file without a name, because command lines and the environments of other processes can be read by others. `number`: of no other such file. */
export async function openInput(folders: LaunchFolders, number: number, content: string): Promise<FileHandle> {
  await makeFolders(folders);
  const path = join(folders.environment, `input-${number}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  const bytes = Buffer.from(content);
  // At a position, so that who inherits it reads from the start.
  await file.write(bytes, 0, bytes.length, 0);
  return file;
}
