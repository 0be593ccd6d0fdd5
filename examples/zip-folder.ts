import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** The files of a folder as a zip archive, as `zip -r` makes one. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) zip.addFile(path, relative(folder, path));
  }
  zip.end();
  return buffer(zip.outputStream);
}
