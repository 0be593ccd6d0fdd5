/** Finds what an image is to run, and where, among its own files: links in there must not lead to files of this machine. */
import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Stats } from "node:fs";
import { ImageEntryMissing } from "../driver.ts";

/** Linux follows no more links than this for one path. */
const maxFollowed = 40;
/** A function's user owns nothing of an image. */
const executableByOthers = 0o001;

/** Where the program is, as the function sees it. Rejects with `ImageEntryMissing`, in the words of Go, which AWS's supervisor speaks. */
export async function resolveProgram(root: string, workingDirectory: string, program: string, searchPath: string): Promise<string> {
  if (!program.includes("/")) {
    for (const folder of searchPath.split(":").filter((entry) => entry.startsWith("/"))) {
      if (isExecutable(await statInside(root, join(folder, program)))) return join(folder, program);
    }
    throw new ImageEntryMissing("program", `exec: "${program}": executable file not found in $PATH`);
  }
  const path = program.startsWith("/") ? program : join(workingDirectory, program);
  const found = await statInside(root, path);
  if (found === undefined) throw new ImageEntryMissing("program", `fork/exec ${program}: no such file or directory`);
  if (!isExecutable(found)) throw new ImageEntryMissing("program", `fork/exec ${program}: permission denied`);
  return path;
}

/** Rejects with `ImageEntryMissing`. */
export async function findWorkingDirectory(root: string, path: string): Promise<string> {
  const found = await statInside(root, path);
  if (found === undefined) throw new ImageEntryMissing("folder", `chdir ${path}: no such file or directory`);
  if (!found.isDirectory()) throw new ImageEntryMissing("folder", `chdir ${path}: not a directory`);
  return path;
}

const isExecutable = (found: Stats | undefined): boolean =>
  found !== undefined && found.isFile() && (found.mode & executableByOthers) !== 0;

/** What is at an absolute path if `root` is the root; undefined if there is nothing. */
async function statInside(root: string, path: string): Promise<Stats | undefined> {
  const walked: string[] = [];
  const ahead = path.split("/").toReversed();
  let followed = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      walked.pop();
      continue;
    }
    const here = await lstat(join(root, ...walked, part)).catch(() => undefined);
    if (here === undefined) return undefined;
    if (here.isSymbolicLink()) {
      if (++followed > maxFollowed) return undefined;
      const target = await readlink(join(root, ...walked, part));
      if (target.startsWith("/")) walked.length = 0;
      ahead.push(...target.split("/").toReversed());
    } else {
      walked.push(part);
    }
  }
  return lstat(join(root, ...walked));
}
