import { open } from "node:fs/promises";

/** Makes the names in a folder durable: a new file is on disk only when its name is. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** `size` bytes at `offset`; fewer where the file ends; undefined if there is no such file any more. */
export async function readRange(path: string, offset: number, size: number): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const buffer = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(buffer, filled, size - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
