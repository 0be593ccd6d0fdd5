import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a zip archive, with every lie that a hostile one may tell. */
export interface ZipBytesEntry {
  name: string;
  content?: string | Buffer;
  /** As `stat` gives it, type included; 0: the archive was made on a system without. */
  mode?: number;
  isStored?: boolean;
  flags?: number;
  method?: number;
  declaredSize?: number;
  declaredCrc?: number;
  /** The central directory points at the local header of the entry with this index. */
  headerOf?: number;
}

const regularFile = 0o100644;

/** A zip archive, byte by byte: other writers refuse to make hostile ones. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipBytes(entries: readonly ZipBytesEntry[], declaredEntryCount = entries.length): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? "");
    const data = entry.isStored ? content : deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800 | (entry.flags ?? 0), 2);
    fields.writeUInt16LE(entry.method ?? (entry.isStored ? 0 : 8), 4);
    fields.writeUInt32LE(entry.declaredCrc ?? crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(entry.declaredSize ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from("PK\x03\x04"), fields, name, data);
    offsets.push(offset);
    offset += 30 + name.length + data.length;

    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? regularFile) << 16) >>> 0, 6);
    rest.writeUInt32LE(offsets[entry.headerOf ?? offsets.length - 1]!, 10);
    const madeByUnix = Buffer.from([20, 3]);
    centrals.push(Buffer.from("PK\x01\x02"), madeByUnix, fields, rest, name);
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(declaredEntryCount, 8);
  end.writeUInt16LE(declaredEntryCount, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
