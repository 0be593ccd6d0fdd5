import { execFile } from "node:child_process";
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { SandboxFailure } from "../contract.ts";

const run = promisify(execFile);

/** A shim may wait for something that never comes. */
const askLimitMs = 10_000;

/** One Java on this machine. */
export interface JavaHome {
  /** The folder with `bin` and `lib` in it, without links on the way. */
  folder: string;
  program: string;
  /** 8, 11, 17 … */
  major: number;
  /** As in `17.0.15+6`; two builds are told apart by it. */
  build: string;
  /** The C library that it was built for. */
  isMusl: boolean;
  /** Files and folders outside of `folder` that its configuration is links to: Debian keeps it in /etc. */
  linked: readonly string[];
}

/** Where distributions, SDKMAN, IntelliJ, asdf and macOS keep theirs; the next step is a folder per JDK. */
export const usualJavaFolders = (): string[] => [
  "/usr/lib/jvm",
  "/opt/java",
  ...[".sdkman/candidates/java", ".jdks", ".asdf/installs/java", ".local/share/mise/installs/java"].map((name) => join(homedir(), name)),
  "/Library/Java/JavaVirtualMachines",
];

/** Finds the Javas of this machine: on the PATH, and where they are usually kept. */
export class JavaHomes {
  #searchPath: string;
  #folders: readonly string[];
  #all: Promise<JavaHome[]> | undefined;

  /** `folders`: each may hold folders of JDKs. */
  constructor(searchPath: string, folders: readonly string[]) {
    this.#searchPath = searchPath;
    this.#folders = folders;
  }

  /**
   * The Java of this major version. DIVERGES: where there is none, the next newer one, because code that was compiled for an older Java runs on it.
   * Rejects with `SandboxFailure`; a failure is not remembered.
   */
  async find(major: number): Promise<JavaHome> {
    this.#all ??= this.#search();
    const fitting = (await this.#all).filter((home) => home.major >= major).toSorted((a, b) => a.major - b.major);
    if (fitting[0]) return fitting[0];
    this.#all = undefined;
    throw new SandboxFailure(
      "runtime-missing",
      `Java ${major} is missing: install a JDK or JRE ${major} or newer (openjdk-${major}-jre-headless, or from https://adoptium.net) and put its java on the PATH, its folder into JAVA_HOME, or both under /usr/lib/jvm.`,
    );
  }

  async #search(): Promise<JavaHome[]> {
    const folders = this.#searchPath.split(delimiter).filter((folder) => folder !== "");
    const kept = (await Promise.all(this.#folders.map(children))).flat();
    const candidates = [
      ...folders.map((folder) => join(folder, "java")),
      ...kept.flatMap((folder) => [join(folder, "bin/java"), join(folder, "Contents/Home/bin/java")]),
    ];
    const programs = await Promise.all(candidates.map((candidate) => realpath(candidate).catch(() => undefined)));
    const known = new Set(programs.filter((program) => program !== undefined));
    const homes = await Promise.all([...known].map(examine));
    const found = new Map(homes.filter((home) => home !== undefined).map((home) => [home.folder, home]));
    return [...found.values()];
  }
}

const children = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).map((name) => join(folder, name));

/** A JDK says in a file what it is; a shim, or a Java 8 whose JRE lies in the JDK, must be asked. */
async function examine(program: string): Promise<JavaHome | undefined> {
  const folder = dirname(dirname(program));
  const told = await readFile(join(folder, "release"), "utf8").then(parseRelease, () => undefined);
  if (told) return { folder, program, ...told, linked: await outsideLinks(folder) };
  const answer = await run(program, ["-XshowSettings:properties", "-version"], { timeout: askLimitMs }).catch(() => undefined);
  const value = (name: string): string | undefined => new RegExp(`^ *${name} = (.*)$`, "m").exec(answer?.stderr ?? "")?.[1]?.trim();
  const [home, version] = [value("java.home"), value("java.runtime.version")];
  if (home === undefined || version === undefined) return undefined;
  return { folder: home, program: join(home, "bin/java"), ...versionOf(version), isMusl: false, linked: await outsideLinks(home) };
}

function parseRelease(text: string): Pick<JavaHome, "major" | "build" | "isMusl"> | undefined {
  const value = (name: string): string | undefined => new RegExp(`^${name}="(.*)"$`, "m").exec(text)?.[1];
  const version = value("JAVA_RUNTIME_VERSION") ?? value("JAVA_VERSION");
  return version === undefined ? undefined : { ...versionOf(version), isMusl: value("LIBC") === "musl" };
}

/** `17.0.15+6` is 17; Java 8 still calls itself 1.8. */
function versionOf(build: string): Pick<JavaHome, "major" | "build"> {
  return { major: Number(/^(?:1\.)?(\d+)/.exec(build)?.[1] ?? 0), build };
}

/** Where configuration is looked for, by the layout of Java 8 and of those after it. */
const configurationFolders = ["conf", "conf/management", "conf/security", "lib", "lib/amd64", "lib/management", "lib/security"];

async function outsideLinks(home: string): Promise<string[]> {
  const found = await Promise.all(
    configurationFolders.map(async (name) => {
      const folder = join(home, name);
      const links = (await readdir(folder, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isSymbolicLink());
      return Promise.all(links.map(async (link) => resolve(folder, await readlink(join(folder, link.name)))));
    }),
  );
  const outside = found.flat().filter((path) => !path.startsWith(`${home}/`));
  // A folder of its own in /etc is one mount instead of dozens.
  return [...new Set(outside.map((path) => /^\/etc\/[^/]+/.exec(path)?.[0] ?? path))];
}
