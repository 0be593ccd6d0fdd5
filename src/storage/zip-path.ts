import { ZipRejected } from "./zip-rules.ts";

/** Linux's limit for one name. */
const maxNameBytes = 255;

/** An entry's path without empty parts and `.`; empty for the root. Throws `ZipRejected` for one that leaves the root or hopes to. */
export function parseEntryPath(name: string, maxPathBytes: number): string {
  if (Buffer.byteLength(name) > maxPathBytes) throw new ZipRejected("path-too-long", `a path is longer than ${maxPathBytes} bytes`);
  if (/^\/|^[a-z]:|[\\\0]/i.test(name)) throw new ZipRejected("unsafe-path", `not a relative path: ${JSON.stringify(name)}`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new ZipRejected("unsafe-path", `${name} leads out of the archive`);
  if (parts.some((part) => Buffer.byteLength(part) > maxNameBytes)) throw new ZipRejected("path-too-long", "a name is too long");
  return parts.join("/");
}
