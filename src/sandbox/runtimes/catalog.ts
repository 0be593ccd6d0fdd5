import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#kit/log.ts";
import { SandboxFailure } from "../contract.ts";
import { JavaClient } from "./java-client.ts";
import { JavaHomes, usualJavaFolders } from "./java-homes.ts";
import { javaStart, javaVersion } from "./java-start.ts";
import { asFolder } from "./maven-settings.ts";
import { NodeToolchain } from "./node-toolchain.ts";
import { linkSdk } from "./nodejs-sdk.ts";
import { PythonInterpreters } from "./python-interpreters.ts";
import { PythonSdk } from "./python-sdk.ts";
import { RubyInterpreters, usualRubyFolders } from "./ruby-interpreters.ts";
import { rubyStart } from "./ruby-start.ts";
import type { RuntimeStart } from "./runtime-start.ts";
import { type RuntimeSurvey, surveyOf } from "./runtime-survey.ts";

export interface CatalogOptions {
  /** Holds `runtimes/` and `node_modules/`. */
  productFolder: string;
  /** Interpreters that were fetched on first use are kept here. */
  toolchainFolder: string;
  /** As in PATH. */
  searchPath: string;
  /** Where interpreters are looked for besides: in folders of these folders. Without it, where people usually have them. */
  moreFolders?: { java: readonly string[]; ruby: readonly string[] };
  /** Base URL of the Maven repository that AWS's runtime client for Java is fetched from; without it, the one that this machine's Maven asks. */
  mavenRepository?: string | undefined;
  log: Log;
}

/**
 * How each runtime identifier is started, and where it looks for what layers bring
 * (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths). Managed runtimes are an interpreter and our bootstrap, which speaks frames, or
 * AWS's client for Java; custom ones bring their own bootstrap. These two speak the Runtime API over HTTP.
 */
export class RuntimeCatalog {
  #productFolder: string;
  #toolchainFolder: string;
  #sdkFolder: Promise<string> | undefined;
  #node: NodeToolchain;
  #python: PythonInterpreters;
  #pythonSdk: PythonSdk;
  #java: JavaHomes;
  #javaClient: JavaClient;
  #ruby: RubyInterpreters;

  constructor(options: CatalogOptions) {
    const { productFolder, toolchainFolder, searchPath, mavenRepository, log } = options;
    const moreFolders = options.moreFolders ?? { java: usualJavaFolders(), ruby: usualRubyFolders() };
    this.#productFolder = productFolder;
    this.#toolchainFolder = toolchainFolder;
    this.#node = new NodeToolchain(toolchainFolder, searchPath, log);
    this.#python = new PythonInterpreters(searchPath);
    this.#pythonSdk = new PythonSdk(join(productFolder, "runtimes", "python", "sdk.txt"), toolchainFolder, log);
    this.#ruby = new RubyInterpreters(searchPath, moreFolders.ruby);
    this.#java = new JavaHomes(searchPath, moreFolders.java);
    const librariesFile = join(productFolder, "runtimes", "java", "libraries.json");
    this.#javaClient = new JavaClient({ librariesFile, toolchainFolder, repositoryUrl: mavenRepository && asFolder(mavenRepository), log });
  }

  /** For a function with this code and these layers. Rejects with `SandboxFailure` ("runtime-missing"). */
  async find(runtime: string, taskFolder: string, layersFolder?: string): Promise<RuntimeStart> {
    const [, family, version = ""] = /^(nodejs|python|java|ruby|provided)(.*)$/.exec(runtime) ?? [];
    if (family === "nodejs") return this.#nodejs(Number.parseInt(version, 10));
    if (family === "python") return this.#pythonStart(version);
    if (family === "java") return this.#javaStart(runtime);
    if (family === "ruby") return rubyStart(version, await this.#ruby.find(version), this.#productFolder);
    if (family === "provided") return customStart(taskFolder, layersFolder);
    throw new SandboxFailure("runtime-missing", `The runtime ${runtime} is not served yet; use nodejs, python, java, ruby or provided.`);
  }

  /** What a function of this runtime would find on this machine. Nothing is fetched. */
  async survey(runtime: string): Promise<RuntimeSurvey> {
    const [, family, version = ""] = /^(nodejs|python|java|ruby|provided)(.*)$/.exec(runtime) ?? [];
    if (family === "provided") return { state: "ready", found: "the function brings its own" };
    try {
      if (family === "nodejs") return await this.#node.survey(Number.parseInt(version, 10));
      if (family === "python") return await this.#surveyPython(version);
      if (family === "ruby") return surveyOf(await this.#ruby.find(version), version);
      if (family === "java") return await this.#surveyJava(javaVersion(runtime));
    } catch (error) {
      if (error instanceof SandboxFailure) return { state: "missing", remedy: error.message };
      throw error;
    }
    return { state: "missing", remedy: "It is not served yet." };
  }

  async #surveyPython(version: string): Promise<RuntimeSurvey> {
    const { program } = await this.#python.find(version);
    if (await this.#pythonSdk.isHere()) return { state: "ready", found: program };
    return { state: "fetchable", found: program, source: "boto3, from PyPI" };
  }

  async #surveyJava(version: number): Promise<RuntimeSurvey> {
    if (process.platform !== "linux") return { state: "missing", remedy: onlyOnLinux };
    const java = await this.#java.find(version);
    const found = surveyOf({ ...java, version: String(java.major) }, String(version));
    return (await this.#javaClient.isHere()) ? found : { ...found, state: "fetchable", source: "AWS's runtime client, from Maven Central" };
  }

  async #nodejs(major: number): Promise<RuntimeStart> {
    const program = await this.#node.find(major);
    this.#sdkFolder ??= linkSdk(this.#productFolder, this.#toolchainFolder);
    const sdkFolder = await this.#sdkFolder;
    const runtimeFolder = join(this.#productFolder, "runtimes", "nodejs");
    return {
      link: "frames",
      canStandBy: true,
      forkServer: "nodejs",
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

  async #javaStart(runtime: string): Promise<RuntimeStart> {
    if (process.platform !== "linux") throw new SandboxFailure("runtime-missing", onlyOnLinux);
    const java = await this.#java.find(javaVersion(runtime));
    return javaStart(runtime, java, await this.#javaClient.prepare(java));
  }

  async #pythonStart(version: string): Promise<RuntimeStart> {
    const runtimeFolder = join(this.#productFolder, "runtimes", "python");
    const { program, prefix } = await this.#python.find(version);
    await this.#pythonSdk.prepare(program, version);
    const sdkFolder = await this.#pythonSdk.folder();
    const ownFolders = [runtimeFolder, ...(sdkFolder === undefined ? [] : [sdkFolder])];
    return {
      link: "frames",
      canStandBy: true,
      forkServer: "python",
      program,
      // Unbuffered, so that what a function prints is seen at once.
      args: ["-u", join(runtimeFolder, "bootstrap.py")],
      runtimeFolder,
      variables: ({ layers }) => ({
        PYTHONPATH: [`${layers}/python/lib/python${version}/site-packages`, `${layers}/python`, ...ownFolders].join(":"),
      }),
      readable: [prefix, ...ownFolders],
    };
  }
}

const onlyOnLinux = "AWS's runtime client for Java has a native part, which exists for Linux only.";

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html: `bootstrap` in the package's root, or else in the layers'. */
async function customStart(taskFolder: string, layersFolder: string | undefined): Promise<RuntimeStart> {
  const [own, ofLayers] = [join(taskFolder, "bootstrap"), layersFolder && join(layersFolder, "bootstrap")];
  // If neither is there, or what is there cannot be run, the launch fails, which is an error of the function.
  const program = await stat(own).then(
    (found) => (found.isFile() ? own : (ofLayers ?? own)),
    () => ofLayers ?? own,
  );
  return { link: "http", program, args: [], runtimeFolder: "/var/runtime", variables: () => ({}), readable: [] };
}
