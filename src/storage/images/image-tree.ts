import { chmod, link, lstat, mkdir, open, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ImageRejected } from "./image-rejected.ts";
import type { TarEntry } from "./tar.ts";

/** Linux follows no more links than this for one path. */
const maxFollowed = 40;
const maxPathBytes = 4_096;
const maxNameBytes = 255;

const whiteoutPrefix = ".wh.";
const opaqueMarker = ".wh..wh..opq";

export interface ImageLimits {
  /** Of all layers together. */
  maxUnpackedBytes: number;
  maxEntries: number;
}

/**
 * The files of an image, as its layers make them one after the other. The tree is ours alone while it is written, but what earlier layers put there
 * is not to be trusted: links are followed as if the tree were the root of the file system, and never out of it.
 *
 * https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
export class ImageTree {
  readonly root: string;
  #limits: ImageLimits;
  #unpackedBytes = 0;
  #entries = 0;
  /** Folders that were seen to be such: parts of real paths, without links. */
  #folders = new Set<string>();
  /** What the layer that is being laid has brought: its whiteouts do not mean that. */
  #ofLayer = new Set<string>();

  /** `root`: an empty folder. */
  constructor(root: string, limits: ImageLimits) {
    this.root = root;
    this.#limits = limits;
  }

  /** Lays one layer over those before. Rejects with `ImageRejected`. */
  async lay(entries: AsyncIterable<TarEntry>): Promise<void> {
    this.#ofLayer.clear();
    for await (const entry of entries) {
      this.#entries += 1;
      if (this.#entries > this.#limits.maxEntries) throw new ImageRejected("the image has too many files");
      const parts = partsOf(entry.path);
      const name = parts.pop();
      if (name === undefined) continue;
      const folder = await this.#realFolder(parts);
      if (name === opaqueMarker) await this.#clear(folder);
      else if (name.startsWith(`${whiteoutPrefix}${whiteoutPrefix}`)) continue;
      else if (name.startsWith(whiteoutPrefix)) await this.#remove([...folder, ...partsOf(name.slice(whiteoutPrefix.length))]);
      else await this.#put(entry, [...folder, name]);
    }
  }

  /** Makes folders and empty files where there is nothing yet. */
  async provide(folders: readonly string[], files: readonly string[]): Promise<void> {
    for (const path of folders) await this.#realFolder(partsOf(path));
    for (const path of files) {
      const parts = partsOf(path);
      const name = parts.pop() as string;
      const place = this.#path([...(await this.#realFolder(parts)), name]);
      if ((await lstatIfAny(place)) === undefined) await (await open(place, "wx", 0o644)).close();
    }
  }

  async #put(entry: TarEntry, parts: string[]): Promise<void> {
    const path = this.#path(parts);
    const found = await lstatIfAny(path);
    if (found && !(found.isDirectory() && entry.type === "folder")) await this.#remove(parts);
    // Devices, pipes and the like are of no use to a function and of none to anybody else.
    if (entry.type === "other") return;
    if (entry.type === "folder") {
      if (!found?.isDirectory()) await mkdir(path);
      await chmod(path, entry.mode);
    } else if (entry.type === "symbolic-link") {
      checkTarget(entry.linkTarget);
      await symlink(entry.linkTarget, path);
    } else if (entry.type === "hard-link") await this.#link(entry, path);
    else await this.#write(entry, path);
    this.#ofLayer.add(parts.join("/"));
  }

  async #write({ content, mode }: TarEntry, path: string): Promise<void> {
    await using file = await open(path, "wx", 0o600);
    for await (const chunk of content) {
      this.#unpackedBytes += chunk.length;
      if (this.#unpackedBytes > this.#limits.maxUnpackedBytes)
        throw new ImageRejected(`the image is larger than ${this.#limits.maxUnpackedBytes} bytes`);
      await file.writeFile(chunk);
    }
    await file.chmod(mode);
  }

  async #link({ linkTarget }: TarEntry, path: string): Promise<void> {
    checkTarget(linkTarget);
    const parts = partsOf(linkTarget);
    const name = parts.pop();
    const target = name === undefined ? undefined : this.#path([...(await this.#realFolder(parts)), name]);
    const found = target === undefined ? undefined : await lstatIfAny(target);
    if (target === undefined || !(found?.isFile() || found?.isSymbolicLink())) throw new ImageRejected("a hard link leads nowhere");
    await link(target, path);
  }

  /** The folder that a path comes to, links followed inside of the tree; made where it is missing. */
  async #realFolder(parts: readonly string[]): Promise<string[]> {
    if (this.#folders.has(parts.join("/"))) return [...parts];
    const real: string[] = [];
    const ahead = parts.toReversed();
    let followed = 0;
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        real.pop();
        continue;
      }
      const here = [...real, part];
      if (!this.#folders.has(here.join("/"))) {
        const found = await lstatIfAny(this.#path(here));
        if (found?.isSymbolicLink()) {
          if (++followed > maxFollowed) throw new ImageRejected("links of the image go round in circles");
          const target = await readlink(this.#path(here));
          if (target.startsWith("/")) real.length = 0;
          ahead.push(...target.split("/").toReversed());
          continue;
        }
        if (found && !found.isDirectory()) await this.#remove(here);
        if (!found?.isDirectory()) await makeFolder(this.#path(here));
        this.#folders.add(here.join("/"));
      }
      real.push(part);
    }
    return real;
  }

  async #remove(parts: readonly string[]): Promise<void> {
    if (parts.length === 0) throw new ImageRejected("a layer would remove everything");
    // What lay below is no folder any more; to look again costs little.
    this.#folders.clear();
    await rm(this.#path(parts), { recursive: true, force: true });
  }

  /** Removes what earlier layers have put into a folder. */
  async #clear(folder: readonly string[]): Promise<void> {
    for (const name of await readdir(this.#path(folder))) {
      const parts = [...folder, name];
      if (!this.#ofLayer.has(parts.join("/"))) await this.#remove(parts);
      else if ((await lstat(this.#path(parts))).isDirectory()) await this.#clear(parts);
    }
  }

  #path(parts: readonly string[]): string {
    return join(this.root, ...parts);
  }
}

/** Throws `ImageRejected` for a path that leaves the root or cannot be. */
function partsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const isUsable =
    !path.includes("\0") && Buffer.byteLength(path) <= maxPathBytes && parts.every((part) => Buffer.byteLength(part) <= maxNameBytes);
  if (!isUsable || parts.includes(".."))
    throw new ImageRejected(`a path of the image leads out of it, or is too long: ${path.slice(0, 200)}`);
  return parts;
}

function checkTarget(target: string): void {
  if (target === "" || target.includes("\0") || Buffer.byteLength(target) >= maxPathBytes)
    throw new ImageRejected("a link of the image is broken");
}

/** Whatever the product's mask says: other users are to read it. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
}

const lstatIfAny = (path: string) => lstat(path).catch(() => undefined);
