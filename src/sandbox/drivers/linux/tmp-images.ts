import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, runs } from "../system-programs.ts";

const imagePrefix = "tmp-image-";
const mebibyte = 1024 * 1024;
const blockBytes = 4096;
const blocksPerGroup = 32_768;
const inodeBytes = 256;
/** What mkfs.ext4 takes by itself. */
const bytesPerInode = 16_384;
/** How many files fit, as many as the bytes allow. */
export const filesPerMb = mebibyte / bytesPerInode;
/** What the kernel holds back of every ext4. https://docs.kernel.org/admin-guide/ext4.html (reserved_clusters) */
const heldBack = (blocks: number): number => Math.min(Math.floor(blocks / 50), 4_096);

/**
 * Files that hold an empty ext4, to be mounted on /tmp: a folder cannot be limited in size, and what lies on a tmpfs would count against the
 * function's memory. They are sparse, and one of the size wanted last is made ahead.
 */
export class TmpImages {
  #folder: string;
  #format: string;
  #spare: { sizeMb: number; image: Promise<string> } | undefined;
  #count = 0;

  constructor(folder: string, format: string) {
    this.#folder = folder;
    this.#format = format;
  }

  /** Undefined where the program that makes file systems is missing. */
  static async open(folder: string): Promise<TmpImages | undefined> {
    const format = await findProgram("mkfs.ext4");
    // Spares of a process that was killed.
    const old = (await readdir(folder)).filter((name) => name.startsWith(imagePrefix));
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
    return format === undefined ? undefined : new TmpImages(folder, format);
  }

  /** Puts an image that takes `sizeMb` MiB at `path`. */
  async provide(path: string, sizeMb: number): Promise<void> {
    const image = this.#spare?.sizeMb === sizeMb ? this.#takeSpare() : this.#make(sizeMb);
    await rename((await image) as string, path);
    if (this.#spare?.sizeMb === sizeMb) return;
    const other = this.#takeSpare();
    const next = this.#make(sizeMb);
    // Whoever takes it will see why it failed.
    next.catch(() => {});
    this.#spare = { sizeMb, image: next };
    await remove(other);
  }

  async close(): Promise<void> {
    await remove(this.#takeSpare());
  }

  #takeSpare(): Promise<string> | undefined {
    const image = this.#spare?.image;
    this.#spare = undefined;
    return image;
  }

  async #make(sizeMb: number): Promise<string> {
    const path = join(this.#folder, `${imagePrefix}${this.#count++}`);
    const file = await open(path, "wx", 0o600);
    await file.truncate(imageBytes(sizeMb));
    await file.close();
    const features = [
      "-b",
      String(blockBytes),
      "-I",
      String(inodeBytes),
      "-i",
      String(bytesPerInode),
      "-m",
      "0",
      "-O",
      "^has_journal,^resize_inode",
    ];
    const isMade = await runs([this.#format, "-q", "-F", ...features, "-E", "lazy_itable_init=1,nodiscard", path]);
    if (!isMade) throw new Error(`${this.#format} failed`);
    return path;
  }
}

async function remove(image: Promise<string> | undefined): Promise<void> {
  const path = await image?.catch(() => undefined);
  if (path !== undefined) await rm(path, { force: true });
}

/** Size of an image in which a file of `sizeMb` MiB fits, and one of a MiB more does not. */
function imageBytes(sizeMb: number): number {
  const wantedBlocks = (sizeMb * mebibyte) / blockBytes;
  let blocks = wantedBlocks;
  // What the file system needs for itself grows with it; three rounds are enough.
  for (let round = 0; round < 3; round++) {
    const groups = Math.ceil(blocks / blocksPerGroup);
    const inodeBlocks = Math.ceil((blocks * blockBytes) / bytesPerInode / (blockBytes / inodeBytes));
    blocks = wantedBlocks + heldBack(blocks) + inodeBlocks + 3 * groups + 40;
  }
  return blocks * blockBytes;
}
