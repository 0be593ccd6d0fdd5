import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip archive with these files; `mode` is that of all of them. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>, mode = 0o100644): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name, { mode });
  zip.end();
  return buffer(zip.outputStream);
}
