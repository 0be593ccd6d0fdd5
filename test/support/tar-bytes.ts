/** Tar archives byte by byte, so that tests can write what no program would. */

export interface TarPart {
  path: string;
  /** ustar's letter: `0` file, `1` hard link, `2` symbolic link, `3` device, `5` folder, `x` pax header, `L` long name … */
  type?: string;
  content?: string | Buffer;
  target?: string;
  mode?: number;
  /** What the header claims, instead of the truth. */
  sizeBytes?: number;
}

const blockBytes = 512;

export function tarBytes(parts: readonly TarPart[]): Buffer {
  return Buffer.concat([...parts.map(partBytes), Buffer.alloc(2 * blockBytes)]);
}

/** A record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function partBytes({ path, type = "0", content = "", target = "", mode = type === "5" ? 0o755 : 0o644, sizeBytes }: TarPart): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  header.write(path, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes ?? body.length, 124, 12);
  octal(0, 136, 12);
  header.fill(" ", 148, 156);
  header.write(type, 156);
  header.write(target, 157, 100);
  header.write("ustar\u000000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, body, Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes)]);
}
