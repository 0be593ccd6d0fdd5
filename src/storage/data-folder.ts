/**
 * The one folder on disk that is a Pilotlight's whole state. One process at a time may have it open: the lock is a file lock, which
 * the kernel takes back when its process dies, however it dies.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { emptyFolder, writeFileDurably } from "./durable-file.ts";

export interface DataFolder extends Disposable {
  /** Absolute paths of what is inside. */
  readonly path: string;
  readonly databasePath: string;
  readonly blobsFolder: string;
  readonly unpackedFolder: string;
  readonly imagesFolder: string;
  readonly logsFolder: string;
  /** For sockets and the like; empty whenever the data folder is opened. */
  readonly runFolder: string;
  /** 32 random bytes, the same for the life of the folder: session tokens and signed URLs rest on them. */
  readonly secret: Buffer;
  /** The content of a small private file, made by `create` if it is not there yet. */
  keep(name: string, create: () => Buffer | Promise<Buffer>): Promise<Buffer>;
}

export class DataFolderInUse extends Error {
  constructor(path: string) {
    super(`the data folder ${path} is in use by another Pilotlight: stop that one, or choose another folder`);
    this.name = "DataFolderInUse";
  }
}

export class DataFolderTooNew extends Error {
  constructor(path: string, format: string) {
    super(`the data folder ${path} has format ${format}, which this version does not know (it knows ${currentFormat})`);
    this.name = "DataFolderTooNew";
  }
}

/** Raise it when an older version would damage the folder. */
const currentFormat = 1;
const secretBytes = 32;

/** Opens the folder, creating it (for its owner only) if it is not there. Rejects with `DataFolderInUse` or `DataFolderTooNew`. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  await makeFolder(path);
  const lock = takeLock(path);
  try {
    const scratchFolder = join(path, "incoming");
    await emptyFolder(scratchFolder);
    await checkFormat(path, scratchFolder);
    const inside = {
      path,
      databasePath: join(path, "database"),
      blobsFolder: join(path, "blobs"),
      unpackedFolder: join(path, "unpacked"),
      imagesFolder: join(path, "images"),
      logsFolder: join(path, "logs"),
      runFolder: join(path, "run"),
    };
    for (const part of [inside.blobsFolder, inside.unpackedFolder, inside.logsFolder]) await mkdir(part, { recursive: true });
    await emptyFolder(inside.runFolder);
    const secret = await readOrCreate(join(path, "secret.key"), () => randomBytes(secretBytes), scratchFolder);
    if (secret.length !== secretBytes) throw new Error(`${join(path, "secret.key")} is damaged: restore it from a backup`);
    const keep: DataFolder["keep"] = (name, create) => readOrCreate(join(path, name), create, scratchFolder);
    return { ...inside, secret, keep, [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** With its parents. Node's own way to make those never ends where folders cannot be made at all, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = async (): Promise<void> => {
    await mkdir(path, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
    });
  };
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await makeFolder(dirname(path));
    await make();
  });
}

/** Node has no file locks of its own; SQLite's are right on every platform, between processes and within one. */
function takeLock(path: string): DatabaseSync {
  // Of two that start at once, each can be in the other's way for a moment.
  const lock = new DatabaseSync(join(path, "lock"), { timeout: 200 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw (error as { errcode?: number }).errcode === sqliteBusy ? new DataFolderInUse(path) : error;
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

async function checkFormat(path: string, scratchFolder: string): Promise<void> {
  const format = (await readOrCreate(join(path, "format"), () => Buffer.from(`${currentFormat}\n`), scratchFolder)).toString().trim();
  if (!(Number(format) <= currentFormat)) throw new DataFolderTooNew(path, format);
}

async function readOrCreate(path: string, create: () => Buffer | Promise<Buffer>, scratchFolder: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await writeFileDurably(path, await create(), { mode: 0o600, scratchFolder });
    return readFile(path);
  }
}
