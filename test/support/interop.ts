/** The examples of examples/interop with the packages that they name: installed once, beside the packages of npm, and put into a layer for each language. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { ZipFile } from "yazl";
import { built } from "#test/built.ts";
import { zipFolder } from "../../examples/zip-folder.ts";

const run = promisify(execFile);

const examplesFolder = resolve(import.meta.dirname, "../../examples/interop");

/** Nobody's function reads these. */
const unread = /\.(?:map|md|d\.[cm]?ts|pyc)$/;

export const zipExample = (name: string): Promise<Buffer> => zipFolder(join(examplesFolder, name));

/** A layer with the packages of all examples in Node.js. Rejects if they cannot be installed. */
export async function nodeLayer(): Promise<Buffer> {
  const manifests = await Promise.all((await manifestsNamed("package.json")).map(async (path) => JSON.parse(await readFile(path, "utf8"))));
  const dependencies = Object.assign(
    {},
    ...(manifests as Array<{ dependencies: object }>).map((manifest) => manifest.dependencies),
  ) as object;
  const packages = Object.entries(dependencies).map(([name, version]) => `${name}@${version as string}`);
  const command = ["npm", "install", "--prefix", "$OUT", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", ...packages.sort()];
  return layerOf(join(await built({ name: "interop-node", from: "examples/interop", command }), "node_modules"), "nodejs/node_modules");
}

/** The same in Python, for the version that `python3` is here. Rejects likewise. */
export async function pythonLayer(): Promise<{ zip: Buffer; runtime: string }> {
  const manifests = await Promise.all((await manifestsNamed("requirements.txt")).map((path) => readFile(path, "utf8")));
  return layerOfPackages(
    "interop-python",
    manifests.flatMap((text) => text.split("\n")).filter((line) => line !== ""),
  );
}

/** A layer with packages from PyPI, as pip names them, and the runtime that they are for. Rejects if they cannot be installed. */
export async function layerOfPackages(name: string, packages: readonly string[]): Promise<{ zip: Buffer; runtime: string }> {
  const { stdout } = await run("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  const options = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:", "--no-compile"];
  const command = ["python3", "-m", "pip", "install", ...options, "--target", "$OUT", ...packages.toSorted()];
  const version = stdout.trim();
  return { zip: await layerOf(await built({ name, from: version, command }), "python"), runtime: `python${version}` };
}

async function manifestsNamed(file: string): Promise<string[]> {
  const entries = await readdir(examplesFolder, { recursive: true, withFileTypes: true });
  return entries.filter(({ name }) => name === file).map(({ parentPath }) => join(parentPath, file));
}

async function layerOf(folder: string, prefix: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !unread.test(entry.name)) zip.addFile(path, `${prefix}/${relative(folder, path)}`, { compress: false });
  }
  zip.end();
  return buffer(zip.outputStream);
}
