/**
 * Reading tar archives that strangers made, as a stream: POSIX's ustar and pax, with GNU's long names, which is what layers of container images
 * are. Whatever an archive claims, no more of it is held in memory than one header.
 *
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
import { ImageRejected } from "./image-rejected.ts";

const blockBytes = 512;
/** Of one pax header or long name: paths are 4,096 bytes at most, and extended attributes are of no use here. */
const maxExtensionBytes = 1024 * 1024;

export interface TarEntry {
  path: string;
  type: "file" | "hard-link" | "symbolic-link" | "folder" | "other";
  /** Permission bits, and no others. */
  mode: number;
  sizeBytes: number;
  linkTarget: string;
  /** Of a file; what is not read is passed over. */
  content: AsyncIterable<Buffer>;
}

const types: Readonly<Record<string, TarEntry["type"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "symbolic-link",
  "5": "folder",
};

const permissionBits = 0o777;

/** What stands before an entry and is about it. */
interface Extension {
  path?: string;
  linkpath?: string;
  size?: number;
}

/** By type: pax for the next entry and for all of them (of which nothing is wanted), GNU's long names. */
const extensions: Readonly<Record<string, (body: Buffer) => Extension>> = {
  x: parsePax,
  g: () => ({}),
  L: (body) => ({ path: textOf(body) }),
  K: (body) => ({ linkpath: textOf(body) }),
};

/** Rejects with `ImageRejected` for what is no tar. */
export async function* readTar(bytes: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(bytes);
  let extension: Extension = {};
  try {
    for (;;) {
      const header = await source.take(blockBytes);
      if (header === undefined || header.every((byte) => byte === 0)) break;
      const entry = parseHeader(header);
      if (entry.flag in extensions) {
        if (entry.sizeBytes > maxExtensionBytes) throw new ImageRejected("a header of the archive is too large");
        const body = await source.takePadded(entry.sizeBytes);
        extension = { ...extension, ...extensions[entry.flag]!(body) };
        continue;
      }
      const type = types[entry.flag] ?? "other";
      const sizeBytes = type === "file" || type === "other" ? (extension.size ?? entry.sizeBytes) : 0;
      const { path = entry.path, linkpath: linkTarget = entry.linkTarget } = extension;
      yield { type, path, linkTarget, mode: entry.mode & permissionBits, sizeBytes, content: source.body(sizeBytes) };
      extension = {};
      await source.skipRest();
    }
    // Whoever checks a digest wants to see every byte.
    await source.drain();
  } finally {
    await source.close();
  }
}

function parseHeader(header: Buffer) {
  let sum = 0;
  // The checksum is made with its own field as if it were blank.
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 0x20 : (header[at] as number);
  if (sum !== numberOf(header.subarray(148, 156))) throw new ImageRejected("a layer is no tar archive, or broken");
  const isUstar = header.toString("latin1", 257, 262) === "ustar";
  const isGnu = header.toString("latin1", 257, 265) === "ustar  \0";
  const prefix = isUstar && !isGnu ? textOf(header.subarray(345, 500)) : "";
  const name = textOf(header.subarray(0, 100));
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    mode: numberOf(header.subarray(100, 108)),
    sizeBytes: numberOf(header.subarray(124, 136)),
    flag: String.fromCharCode(header[156] as number),
    linkTarget: textOf(header.subarray(157, 257)),
  };
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
}

/** Octal, or GNU's binary for what is too large for that. */
function numberOf(field: Buffer): number {
  if (((field[0] as number) & 0x80) !== 0) {
    const value = field.subarray(-6).readUIntBE(0, 6);
    if (field.subarray(1, -6).some((byte) => byte !== 0)) throw new ImageRejected("a number in the archive is too large");
    return value;
  }
  const text = textOf(field).trim();
  if (!/^[0-7]*$/.test(text)) throw new ImageRejected("a layer is no tar archive, or broken");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

/** Records of the form `LENGTH KEY=VALUE\n`, the length being that of the whole record. */
function parsePax(body: Buffer): Extension {
  const found: Extension = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString("latin1", at, space));
    if (space === -1 || !Number.isInteger(length) || length <= space - at || at + length > body.length)
      throw new ImageRejected("a header of the archive is broken");
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === "path" || key === "linkpath") found[key] = value;
    if (key === "size" && /^\d{1,15}$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

/** Takes exact amounts from a stream of chunks. */
class ByteSource {
  #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  /** What is left of the entry's body, and of its padding. */
  #bodyBytes = 0;
  #paddingBytes = 0;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** Undefined at the end of the stream. */
  async take(sizeBytes: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let missing = sizeBytes; missing > 0;) {
      const part = await this.#some(missing);
      if (part === undefined) {
        if (missing === sizeBytes) return undefined;
        throw new ImageRejected("an archive ends too early");
      }
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  async takePadded(sizeBytes: number): Promise<Buffer> {
    const padded = (await this.take(Math.ceil(sizeBytes / blockBytes) * blockBytes)) ?? Buffer.alloc(0);
    if (padded.length < sizeBytes) throw new ImageRejected("an archive ends too early");
    return padded.subarray(0, sizeBytes);
  }

  body(sizeBytes: number): AsyncIterable<Buffer> {
    this.#bodyBytes = sizeBytes;
    this.#paddingBytes = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
      if (this.#bodyBytes === 0) return { done: true, value: undefined };
      const part = await this.#some(this.#bodyBytes);
      if (part === undefined) throw new ImageRejected("an archive ends too early");
      this.#bodyBytes -= part.length;
      return { done: false, value: part };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async skipRest(): Promise<void> {
    for (let missing = this.#bodyBytes + this.#paddingBytes; missing > 0;) {
      const part = await this.#some(missing);
      if (part === undefined) throw new ImageRejected("an archive ends too early");
      missing -= part.length;
    }
    this.#bodyBytes = 0;
  }

  async drain(): Promise<void> {
    while ((await this.#some(Number.MAX_SAFE_INTEGER)) !== undefined);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #some(most: number): Promise<Buffer | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      this.#chunk = value;
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }
}
