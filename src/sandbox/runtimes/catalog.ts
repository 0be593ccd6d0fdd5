import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#kit/log.ts";
import { SandboxFailure } from "../contract.ts";
import { NodeToolchain } from "./node-toolchain.ts";
import { linkSdk } from "./nodejs-sdk.ts";
import { PythonInterpreters } from "./python-interpreters.ts";
import type { RuntimeStart } from "./runtime-start.ts";

export interface CatalogOptions {
  /** Holds `runtimes/` and `node_modules/`. */
  productFolder: string;
  /** Interpreters that were fetched on first use are kept here. */
  toolchainFolder: string;
  /** As in PATH. */
  searchPath: string;
  log: Log;
}

/**
 * How each runtime identifier is started, and where it looks for what layers bring
 * (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths). Managed runtimes are an interpreter and our bootstrap, which speaks frames; custom
 * ones bring their own bootstrap, which speaks the Runtime API over HTTP.
 */
export class RuntimeCatalog {
  #productFolder: string;
  #toolchainFolder: string;
  #sdkFolder: Promise<string> | undefined;
  #node: NodeToolchain;
  #python: PythonInterpreters;

  constructor({ productFolder, toolchainFolder, searchPath, log }: CatalogOptions) {
    this.#productFolder = productFolder;
    this.#toolchainFolder = toolchainFolder;
    this.#node = new NodeToolchain(toolchainFolder, searchPath, log);
    this.#python = new PythonInterpreters(searchPath);
  }

  /** For a function with this code and these layers. Rejects with `SandboxFailure` ("runtime-missing"). */
  async find(runtime: string, taskFolder: string, layersFolder?: string): Promise<RuntimeStart> {
    const [, family, version = ""] = /^(nodejs|python|provided)(.*)$/.exec(runtime) ?? [];
    if (family === "nodejs") return this.#nodejs(Number.parseInt(version, 10));
    if (family === "python") return this.#pythonStart(version);
    if (family === "provided") return customStart(taskFolder, layersFolder);
    throw new SandboxFailure("runtime-missing", `The runtime ${runtime} is not served yet; use nodejs, python or provided.`);
  }

  /** The interpreter of a managed runtime, if it is on this machine already: nothing is fetched. */
  async locate(runtime: string): Promise<string | undefined> {
    const [, family, version = ""] = /^(nodejs|python)(.*)$/.exec(runtime) ?? [];
    if (family === "nodejs") return this.#node.locate(Number.parseInt(version, 10)).catch(() => undefined);
    if (family !== "python") return undefined;
    return this.#python.find(version).then(
      ({ program }) => program,
      () => undefined,
    );
  }

  async #nodejs(major: number): Promise<RuntimeStart> {
    const program = await this.#node.find(major);
    this.#sdkFolder ??= linkSdk(this.#productFolder, this.#toolchainFolder);
    const sdkFolder = await this.#sdkFolder;
    const runtimeFolder = join(this.#productFolder, "runtimes", "nodejs");
    return {
      link: "frames",
      canStandBy: true,
      program,
      args: [join(runtimeFolder, "bootstrap.mjs")],
      runtimeFolder,
      variables: ({ task, layers }) => ({
        NODE_PATH: [`${layers}/nodejs/node${major}/node_modules`, `${layers}/nodejs/node_modules`, sdkFolder, runtimeFolder, task].join(
          ":",
        ),
      }),
      readable: [join(program, ".."), runtimeFolder, sdkFolder, join(this.#productFolder, "node_modules")],
    };
  }

  async #pythonStart(version: string): Promise<RuntimeStart> {
    const runtimeFolder = join(this.#productFolder, "runtimes", "python");
    const { program, prefix } = await this.#python.find(version);
    return {
      link: "frames",
      canStandBy: true,
      program,
      // Unbuffered, so that what a function prints is seen at once.
      args: ["-u", join(runtimeFolder, "bootstrap.py")],
      runtimeFolder,
      variables: ({ layers }) => ({
        PYTHONPATH: [`${layers}/python/lib/python${version}/site-packages`, `${layers}/python`, runtimeFolder].join(":"),
      }),
      readable: [prefix, runtimeFolder],
    };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html: `bootstrap` in the package's root, or else in the layers'. */
async function customStart(taskFolder: string, layersFolder: string | undefined): Promise<RuntimeStart> {
  const [own, ofLayers] = [join(taskFolder, "bootstrap"), layersFolder && join(layersFolder, "bootstrap")];
  // If neither is there the launch fails, which is an error of the function.
  const program = await access(own, constants.X_OK).then(
    () => own,
    () => ofLayers ?? own,
  );
  return { link: "http", program, args: [], runtimeFolder: "/var/runtime", variables: () => ({}), readable: [] };
}
