import { type Entry, type ZipFile, getFileNameLowLevel } from "yauzl";
import { parseEntryPath } from "./zip-path.ts";
import { type ZipLimits, ZipRejected } from "./zip-rules.ts";

/** What is to be extracted, by path relative to the root. The three never share a path, and parents are always folders. */
export interface ZipPlan {
  /** Permission bits by path, parents before children. */
  folders: ReadonlyMap<string, number>;
  files: ReadonlyMap<string, Entry>;
  links: ReadonlyMap<string, Entry>;
  /** The sum of the declared sizes. */
  unzippedBytes: number;
}

const fileTypeMask = 0o170000;
const fileType = { none: 0, folder: 0o040000, file: 0o100000, link: 0o120000 };
const compression = { stored: 0, deflated: 8 };

/** Judges the central directory. Rejects with `ZipRejected`. */
export async function planZip(zip: ZipFile, limits: ZipLimits): Promise<ZipPlan> {
  if (zip.entryCount > limits.maxEntries) throw new ZipRejected("too-many-entries", `more than ${limits.maxEntries} entries`);
  const entries = await readEntries(zip);
  const unzippedBytes = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (unzippedBytes > limits.maxUnzippedBytes) throw new ZipRejected("too-large", `more than ${limits.maxUnzippedBytes} bytes unzipped`);
  await refuseOverlaps(zip, entries);

  const planner = new Planner();
  for (const entry of entries) {
    const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
    planner.add(entry, name, parseEntryPath(name, limits.maxPathBytes));
    // Paths alone make folders: long ones with nothing in common would make millions.
    if (planner.folderCount > limits.maxEntries) throw new ZipRejected("too-many-entries", `more than ${limits.maxEntries} folders`);
  }
  return planner.finish(unzippedBytes);
}

async function readEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    throw new ZipRejected("corrupt", (error as Error).message, { cause: error });
  }
  for (const entry of entries) {
    if (entry.isEncrypted()) throw new ZipRejected("encrypted", "an entry is encrypted");
    if (entry.compressionMethod !== compression.stored && entry.compressionMethod !== compression.deflated) {
      throw new ZipRejected("unsupported-compression", `an entry is compressed by method ${entry.compressionMethod}`);
    }
  }
  return entries;
}

/** Entries that share bytes let a small archive inflate to a huge one. https://www.bamsoftware.com/hacks/zipbomb/ */
async function refuseOverlaps(zip: ZipFile, entries: readonly Entry[]): Promise<void> {
  let previousEnd = 0;
  for (const entry of entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
    if (entry.relativeOffsetOfLocalHeader < previousEnd) throw new ZipRejected("overlapping-entries", "two entries share bytes");
    try {
      previousEnd = (await zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart + entry.compressedSize;
    } catch (error) {
      throw new ZipRejected("corrupt", (error as Error).message, { cause: error });
    }
  }
}

class Planner {
  readonly #folders = new Map<string, number>();
  readonly #files = new Map<string, Entry>();
  readonly #links = new Map<string, Entry>();

  add(entry: Entry, name: string, path: string): void {
    const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
    if (name.endsWith("/") || type === fileType.folder) return this.#addFolder(path, permissions(entry) | 0o755);
    if (path === "") throw new ZipRejected("unsafe-path", "a file has no name");
    this.#addParents(path);
    if (this.#folders.has(path)) throw new ZipRejected("path-conflict", `${path} is a folder and a file`);
    // As `unzip -o` does: of two entries with one name the later one stays.
    this.#files.delete(path);
    this.#links.delete(path);
    if (type === fileType.file || type === fileType.none) this.#files.set(path, entry);
    else if (type === fileType.link) this.#links.set(path, entry);
    else throw new ZipRejected("unsupported-file-type", `${path} is neither a file nor a folder nor a link`);
  }

  get folderCount(): number {
    return this.#folders.size;
  }

  finish(unzippedBytes: number): ZipPlan {
    return { folders: this.#folders, files: this.#files, links: this.#links, unzippedBytes };
  }

  #addFolder(path: string, mode: number): void {
    if (path === "") return;
    this.#addParents(path);
    if (this.#files.has(path) || this.#links.has(path)) throw new ZipRejected("path-conflict", `${path} is a file and a folder`);
    this.#folders.set(path, mode);
  }

  #addParents(path: string): void {
    const slash = path.lastIndexOf("/");
    if (slash >= 0 && !this.#folders.has(path.slice(0, slash))) this.#addFolder(path.slice(0, slash), 0o755);
  }
}

/** The archive's permission bits, readable by all; 0644 if the archive was made where there are none. */
export const filePermissions = (entry: Entry): number => permissions(entry) | 0o444;

/** Without setuid, setgid and sticky. */
function permissions({ externalFileAttributes }: Entry): number {
  const mode = externalFileAttributes >>> 16;
  return mode === 0 ? 0o644 : mode & 0o777;
}
