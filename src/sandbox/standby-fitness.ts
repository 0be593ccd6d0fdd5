import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentSpec } from "./contract.ts";
import { listExtensions } from "./extensions/external-extensions.ts";
import type { PreparedCode } from "./prepare-environment.ts";
import { standbyStorageMb } from "./standby.ts";

/**
 * Variables that an interpreter, its libraries or the loader read when they start and never again: to set them later would change nothing.
 * https://nodejs.org/api/cli.html#environment-variables, https://docs.python.org/3/using/cmdline.html#environment-variables,
 * https://man7.org/linux/man-pages/man8/ld.so.8.html
 */
const readAtStart =
  /^(?:NODE_(?!ENV$)|UV_|LD_|GLIBC_|MALLOC_|PYTHON|LC_|OPENSSL_|SSL_CERT_|(?:TZ|TZDIR|LANG|LANGUAGE|LOCPATH|ICU_DATA|GCONV_PATH|HOME|AWS_LAMBDA_EXEC_WRAPPER)$)/;

/** What the loader would take instead of a library of the machine that the interpreter has loaded by now. */
const library = /^lib.*\.so(?:\.|$)/;
/** https://docs.python.org/3/library/site.html */
const startModule = /^(?:site|user)customize(?:\.|$)/;

/** Whether a process that was started ahead of need can become, in every respect, what a process started for this function would be. */
export async function canBeServedByStandby(spec: EnvironmentSpec, { task, layers, start }: PreparedCode): Promise<boolean> {
  if (!start.canStandBy || spec.fileSystems.length > 0 || spec.ephemeralStorageMb !== standbyStorageMb) return false;
  if (Object.keys(spec.variables).some((name) => readAtStart.test(name))) return false;
  // Where the interpreter lies there, layers have no place that is known before.
  if (layers !== undefined && start.readable.some((folder) => folder.startsWith("/opt/"))) return false;
  return foldersFit(task, layers, spec.runtime.replace("python", ""));
}

/** By the folders, which are named after what is in them, and never change. Versions of one function often have them in common. */
const known = new Map<string, Promise<boolean>>();
const maximumKnown = 1_000;

function foldersFit(task: string, layers: string | undefined, version: string): Promise<boolean> {
  const key = JSON.stringify([task, layers, version]);
  const fit = known.get(key) ?? lookInto(task, layers, version);
  if (known.size >= maximumKnown && !known.has(key)) known.delete(known.keys().next().value as string);
  known.set(key, fit);
  return fit;
}

async function lookInto(task: string, layers: string | undefined, version: string): Promise<boolean> {
  // They run before the runtime does.
  if ((await listExtensions(layers)).length > 0) return false;
  // The folders of LD_LIBRARY_PATH and PYTHONPATH.
  const libraryFolders = [task, join(task, "lib"), ...(layers === undefined ? [] : [join(layers, "lib")])];
  const moduleFolders =
    layers === undefined ? [] : [join(layers, "python"), join(layers, "python", "lib", `python${version}`, "site-packages")];
  const found = await Promise.all([
    ...libraryFolders.map((folder) => holds(folder, library)),
    ...moduleFolders.map((folder) => holds(folder, startModule)),
  ]);
  return !found.includes(true);
}

async function holds(folder: string, pattern: RegExp): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => pattern.test(name));
}
