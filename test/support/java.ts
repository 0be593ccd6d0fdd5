/** Java for tests: a compiler, if this machine has one, and libraries from a Maven repository, if that can be reached. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { JavaHomes, usualJavaFolders } from "#sandbox/runtimes/java-homes.ts";
import { usualRepository } from "#sandbox/runtimes/maven-settings.ts";

const run = promisify(execFile);

const jarFolder = resolve(import.meta.dirname, "../../node_modules/.cache/pilotlight-jars");

/** Absolute path of a library, fetched once; `path` is its place in a Maven repository. Rejects, with the reason, if it cannot be had. */
export async function obtainJar(path: string, sha256: string): Promise<string> {
  const target = join(jarFolder, basename(path));
  const isHere = await access(target).then(
    () => true,
    () => false,
  );
  if (isHere) return target;
  const response = await fetch(new URL(path, await usualRepository()), { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  const bytes = await response.bytes();
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`${path} is not what it was`);
  await mkdir(jarFolder, { recursive: true });
  await writeFile(`${target}.${process.pid}`, bytes);
  await rename(`${target}.${process.pid}`, target);
  return target;
}

/** Absolute path of a javac. */
export async function findCompiler(): Promise<string | undefined> {
  const homes = new JavaHomes(process.env["PATH"] ?? "", usualJavaFolders());
  for (const major of [11, 17, 21, 25]) {
    const compiler = await homes.find(major).then(
      ({ folder }) => join(folder, "bin", "javac"),
      () => undefined,
    );
    if (
      compiler !== undefined &&
      (await access(compiler).then(
        () => true,
        () => false,
      ))
    )
      return compiler;
  }
  return undefined;
}

/** Compiles the .java files of a folder for Java 8. Resolves with the class files by their path. */
export async function compileJava(compiler: string, sourceFolder: string, jars: readonly string[]): Promise<Record<string, Buffer>> {
  const target = await mkdtemp(join(tmpdir(), "pilotlight-classes-"));
  try {
    const sources = (await readdir(sourceFolder)).filter((name) => name.endsWith(".java")).map((name) => join(sourceFolder, name));
    await run(compiler, ["--release", "8", "-nowarn", "-Xlint:-options", "-cp", jars.join(":"), "-d", target, ...sources]);
    const names = (await readdir(target, { recursive: true })).filter((name) => name.endsWith(".class"));
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(target, name))])));
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
