import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, runs } from "../system-programs.ts";

const imagePrefix = "tmp-image-";
const mebibyte = 1024 * 1024;
const blockBytes = 4096;
/** https://man7.org/linux/man-pages/man3/stat.3type.html: st_blocks counts in these. */
const statBlockBytes = 512;
const zeros = Buffer.alloc(mebibyte);
const blocksPerGroup = 32_768;
const inodeBytes = 256;
/** What mkfs.ext4 takes by itself. */
const bytesPerInode = 16_384;
/** How many files fit, as many as the bytes allow. */
export const filesPerMb = mebibyte / bytesPerInode;
/** What the kernel holds back of every ext4. https://docs.kernel.org/admin-guide/ext4.html (reserved_clusters) */
const heldBack = (blocks: number): number => Math.min(Math.floor(blocks / 50), 4_096);

/** An empty file system is some hundred kilobytes; where the disk keeps no holes it is the whole image, and not worth keeping in memory. */
const maxContentBytes = 8 * mebibyte;

/** Larger ones take too long to be looked through. */
const maxCopiedMb = 1_024;

/** A stretch of an image that is not zero. */
interface Extent {
  at: number;
  bytes: Buffer;
}

/**
 * Files that hold an empty ext4, to be mounted on /tmp: a folder cannot be limited in size, and what lies on a tmpfs would count against the
 * function's memory. They are sparse. The first of a size is made by mkfs.ext4; the others are copies of what it wrote, which takes a fraction of the time.
 */
export class TmpImages {
  #folder: string;
  #format: string;
  /** By size, once they are known; empty where it is not worth it. */
  #contents = new Map<number, readonly Extent[]>();
  /** Of the same sizes: paths. */
  #templates = new Map<number, string>();
  #learning = new Map<number, Promise<void>>();
  #count = 0;

  constructor(folder: string, format: string) {
    this.#folder = folder;
    this.#format = format;
  }

  /** Undefined where the program that makes file systems is missing. */
  static async open(folder: string): Promise<TmpImages | undefined> {
    const format = await findProgram("mkfs.ext4");
    // What a process that was killed had begun.
    const old = (await readdir(folder)).filter((name) => name.startsWith(imagePrefix));
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
    return format === undefined ? undefined : new TmpImages(folder, format);
  }

  /** Puts an image that takes `sizeMb` MiB at `path`. */
  async provide(path: string, sizeMb: number): Promise<void> {
    const extents = this.#contents.get(sizeMb);
    if (!extents) this.#learn(sizeMb);
    if (!extents?.length) return rename(await this.#make(sizeMb), path);
    await write(path, sizeMb, extents);
  }

  /** Absolute path of an image that takes `sizeMb` MiB, for whoever copies it himself, where it is not empty; undefined if there is none, or not yet. */
  template(sizeMb: number): string | undefined {
    this.#learn(sizeMb);
    return this.#templates.get(sizeMb);
  }

  async close(): Promise<void> {
    await Promise.all(this.#learning.values());
    await Promise.all([...this.#templates.values()].map((path) => rm(path, { force: true })));
    this.#templates.clear();
  }

  /** In the background. */
  #learn(sizeMb: number): void {
    if (sizeMb > maxCopiedMb || this.#learning.has(sizeMb)) return;
    const learning = this.#readOne(sizeMb).then(
      (extents) => void this.#contents.set(sizeMb, extents),
      // Whoever wants an image meanwhile will see why it cannot be made.
      () => {},
    );
    this.#learning.set(sizeMb, learning);
  }

  /** What mkfs.ext4 writes. */
  async #readOne(sizeMb: number): Promise<readonly Extent[]> {
    const path = await this.#make(sizeMb);
    try {
      const extents = await extentsOf(path);
      if (extents.length > 0) {
        const template = join(this.#folder, `${imagePrefix}${this.#count++}`);
        await write(template, sizeMb, extents);
        this.#templates.set(sizeMb, template);
      }
      return extents;
    } finally {
      await rm(path, { force: true });
    }
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

async function write(path: string, sizeMb: number, extents: readonly Extent[]): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(imageBytes(sizeMb));
    for (const { at, bytes } of extents) await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}

/** All of the file but blocks of zeros; nothing if that is too much to keep. */
async function extentsOf(path: string): Promise<Extent[]> {
  const file = await open(path);
  try {
    const { blocks, size } = await file.stat();
    if (blocks * statBlockBytes > maxContentBytes) return [];
    const extents: Extent[] = [];
    const chunk = Buffer.alloc(mebibyte);
    for (let at = 0; at < size; at += chunk.length) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      const read = chunk.subarray(0, bytesRead);
      if (read.equals(zeros.subarray(0, bytesRead))) continue;
      for (let block = 0; block < bytesRead; block += blockBytes) {
        const bytes = read.subarray(block, block + blockBytes);
        if (bytes.equals(zeros.subarray(0, bytes.length))) continue;
        const last = extents.at(-1);
        if (last && last.at + last.bytes.length === at + block) last.bytes = Buffer.concat([last.bytes, bytes]);
        else extents.push({ at: at + block, bytes: Buffer.from(bytes) });
      }
    }
    return extents;
  } finally {
    await file.close();
  }
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
