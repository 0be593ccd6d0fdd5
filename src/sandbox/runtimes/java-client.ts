import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "#kit/log.ts";
import { extractZip } from "#storage/zip.ts";
import { SandboxFailure } from "../contract.ts";
import type { JavaHome } from "./java-homes.ts";
import { MavenRepository } from "./maven-repository.ts";
import { usualRepository } from "./maven-settings.ts";

const run = promisify(execFile);

const archiveLimitMs = 60 * 1000;
/** From this version on a JVM can write an archive of what it has loaded (JEP 350). */
const oldestArchiver = 13;

/** Of the client's own jar, which holds native libraries besides its classes. */
const jarLimits = { maxUnzippedBytes: 64 * 1024 * 1024, maxEntries: 10_000, maxPathBytes: 1_024 };

interface Library {
  /** In a Maven repository. */
  path: string;
  sha256: string;
  sizeBytes: number;
}

interface Libraries {
  /** Version of the runtime interface client, the first of the libraries. */
  client: string;
  libraries: [Library, ...Library[]];
}

/** What a JVM needs to run functions. */
export interface PreparedClient {
  /** Holds all of it. */
  folder: string;
  classPath: string;
  /** The part of the client that speaks HTTP. */
  nativeLibrary: string;
  /** The libraries' classes as this JVM keeps them in memory (class data sharing), if it could write that: a path, or two with a colon between them. */
  archive: string | undefined;
}

export interface JavaClientOptions {
  /** Where the libraries are named: runtimes/java/libraries.json */
  librariesFile: string;
  toolchainFolder: string;
  /** Base URL, with a slash at its end; without it, that of this machine's Maven. */
  repositoryUrl: string | undefined;
  log: Log;
}

/**
 * AWS's own runtime interface client for Java and what it is made of, from a Maven repository: fetched at the first use, checked against the hashes in
 * the repository of this product, and kept.
 */
export class JavaClient {
  #options: JavaClientOptions;
  #fetching: Promise<void> | undefined;
  #prepared = new Map<string, Promise<PreparedClient>>();

  constructor(options: JavaClientOptions) {
    this.#options = options;
  }

  /** For this Java. Rejects with `SandboxFailure`; a failure is not remembered. */
  prepare(java: JavaHome): Promise<PreparedClient> {
    let prepared = this.#prepared.get(java.folder);
    if (!prepared) {
      prepared = this.#prepare(java);
      prepared.catch(() => this.#prepared.delete(java.folder));
      this.#prepared.set(java.folder, prepared);
    }
    return prepared;
  }

  /** Whether all was fetched already. */
  async isHere(): Promise<boolean> {
    const { folder, libraries } = await this.#read();
    return exists([...libraries.map(({ path }) => join(folder, basename(path))), join(folder, "jni")]);
  }

  async #prepare(java: JavaHome): Promise<PreparedClient> {
    const { folder, libraries } = await this.#read();
    this.#fetching ??= this.#fetchAll(folder, libraries);
    await this.#fetching.catch((error: unknown) => {
      this.#fetching = undefined;
      throw error;
    });
    const classPath = libraries.map(({ path }) => join(folder, basename(path))).join(":");
    const architecture = process.arch === "arm64" ? "aarch_64" : "x86_64";
    const nativeLibrary = join(folder, "jni", `libaws-lambda-jni.linux${java.isMusl ? "_musl" : ""}-${architecture}.so`);
    return { folder, classPath, nativeLibrary, archive: await this.#archive(java, folder, classPath) };
  }

  async #read(): Promise<{ folder: string; libraries: Libraries["libraries"] }> {
    const { librariesFile, toolchainFolder } = this.#options;
    const { client, libraries } = JSON.parse(await readFile(librariesFile, "utf8")) as Libraries;
    return { folder: join(toolchainFolder, `java-client-${client}`), libraries };
  }

  async #fetchAll(folder: string, libraries: Libraries["libraries"]): Promise<void> {
    if (await this.isHere()) return;
    const { repositoryUrl = await usualRepository(), log } = this.#options;
    const repository = new MavenRepository(repositoryUrl);
    log.info("fetching AWS's runtime client for Java, once", { from: repository.url, files: libraries.length });
    await mkdir(folder, { recursive: true });
    for (const library of libraries) await this.#fetch(folder, library, repository);
    await this.#unpackNative(folder, libraries[0]);
    log.info("AWS's runtime client for Java is here");
  }

  async #fetch(folder: string, { path, sha256, sizeBytes }: Library, repository: MavenRepository): Promise<void> {
    const target = join(folder, basename(path));
    if (await exists([target])) return;
    this.#options.log.info(`fetching ${basename(path)}`, { megabytes: (sizeBytes / 1e6).toFixed(1) });
    const url = repository.url + path;
    const bytes = await repository.download(path, sizeBytes).catch((error: Error) => {
      const why = error.cause instanceof Error ? error.cause.message : error.message;
      throw unfetched(`${url} cannot be had (${why})`, error);
    });
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256) throw unfetched(`${url} is not the file that was published: its SHA-256 is ${found}`);
    const partial = `${target}.${process.pid}`;
    await writeFile(partial, bytes);
    await rename(partial, target);
  }

  /** The client would unpack its library into /tmp at each start, which takes its time, and a /tmp that is not shared. */
  async #unpackNative(folder: string, { path }: Library): Promise<void> {
    const target = join(folder, "jni");
    const whole = join(folder, `unpacked-${process.pid}`);
    try {
      await extractZip(await readFile(join(folder, basename(path))), whole, jarLimits);
      // A twin may have been quicker.
      await rename(join(whole, "jni"), target).catch(async (error: unknown) => {
        if (!(await exists([target]))) throw error;
      });
    } finally {
      await rm(whole, { recursive: true, force: true });
    }
  }

  /** The archive for this Java, as its option wants it, which is written at the first use. Functions start without one, but later. */
  async #archive(java: JavaHome, folder: string, classPath: string): Promise<string | undefined> {
    if (java.major < oldestArchiver) return undefined;
    const build = createHash("sha256").update(`${java.folder} ${java.build} ${classPath}`).digest("hex").slice(0, 16);
    try {
      const base = await this.#baseArchive(java, join(folder, `java-${build}.jsa`));
      const archive = join(folder, `classes-${build}.jsa`);
      const options = base === undefined ? [] : [`-XX:SharedArchiveFile=${base}`];
      // The program stumbles over the classes that a jar has for newer Javas only, when it has seen most others. What counts is whether an archive was written.
      await this.#write(archive, java, (partial) => [...options, `-XX:ArchiveClassesAtExit=${partial}`, "-cp", classPath, archiver]);
      return base === undefined ? archive : `${base}:${archive}`;
    } catch (error) {
      this.#options.log.warn("Java functions start slower: their runtime's classes could not be archived", { java: java.folder, error });
      return undefined;
    }
  }

  /** The archive of Java's own classes, without which there is none of the client's: a Java that jlink made has none, and gets one here. */
  async #baseArchive(java: JavaHome, archive: string): Promise<string | undefined> {
    if (await exists([join(java.folder, "lib/server/classes.jsa")])) return undefined;
    await this.#write(archive, java, (partial) => ["-Xshare:dump", `-XX:SharedArchiveFile=${partial}`]);
    return archive;
  }

  /** Lets a JVM write an archive, unless it is there already. */
  async #write(archive: string, java: JavaHome, options: (partial: string) => string[]): Promise<void> {
    if (await exists([archive])) return;
    const partial = `${archive}.${process.pid}`;
    try {
      const command = ["-XX:+UseSerialGC", "-Xlog:disable", ...options(partial)];
      await run(java.program, command, { timeout: archiveLimitMs, maxBuffer: 64 * 1024 * 1024 }).catch(() => {});
      await chmod(partial, 0o644);
      await rename(partial, archive);
    } finally {
      await rm(partial, { force: true });
    }
  }
}

/** Loads every class of the class path: part of the client, made for this. */
const archiver = "com.amazonaws.services.lambda.runtime.api.client.ClasspathLoader";

const exists = (paths: readonly string[]): Promise<boolean> =>
  Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  );

function unfetched(why: string, cause?: unknown): SandboxFailure {
  const message = `AWS's runtime client for Java is missing: ${why}. Let Pilotlight reach Maven Central, or name a mirror with --maven-repository URL.`;
  return new SandboxFailure("runtime-missing", message, { cause });
}
