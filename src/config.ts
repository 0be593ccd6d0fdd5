/**
 * Every setting, in one table: a flag, the same as a PILOTLIGHT_* variable, a default. The only reader of arguments and environment.
 */
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { LogLevel } from "#kit/log.ts";

export interface Config {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Absolute. */
  dataFolder: string;
  /** For the console and the examples; every region is served. */
  region: string;
  accountId: string;
  rootAccessKeyId: string;
  rootSecretAccessKey: string;
  logLevel: LogLevel;
  /** Which driver keeps functions apart. */
  isolation: "auto" | "namespaces" | "none";
  /** Absolute; interpreters that are fetched on first use are kept here. */
  toolchainFolder: string;
  /** Absolute folders that stand for file systems, by the ARN of the access point. */
  fileSystems: ReadonlyMap<string, string>;
  /** PATH of this process, where interpreters of runtimes are looked for. */
  searchPath: string;
}

interface Setting {
  flag: string;
  /** May be given several times. The variable's name has an s at its end, and commas part the values in it. */
  isList?: true;
  value: string;
  fallback: string;
  help: string;
}

const settings = [
  { flag: "port", value: "PORT", fallback: "4566", help: "port to listen on; 0 takes any free one" },
  {
    flag: "host",
    value: "ADDRESS",
    fallback: "127.0.0.1",
    help: "address to listen on; another than loopback needs root keys of your own",
  },
  { flag: "data-dir", value: "DIR", fallback: ".pilotlight", help: "where all state is kept" },
  {
    flag: "toolchain-dir",
    value: "DIR",
    fallback: "",
    help: "where interpreters fetched for functions are kept; without it, in the data folder",
  },
  { flag: "region", value: "REGION", fallback: "us-east-1", help: "region of the console and the examples (every region is served)" },
  { flag: "account", value: "ID", fallback: "000000000000", help: "account id, twelve digits" },
  { flag: "root-access-key", value: "ID", fallback: "test", help: "access key id of the account's root" },
  { flag: "root-secret-key", value: "KEY", fallback: "test", help: "secret access key of the account's root" },
  {
    flag: "file-system",
    isList: true,
    value: "ARN=DIR",
    fallback: "",
    help: "a folder that functions may mount as the access point ARN; may be repeated",
  },
  {
    flag: "isolation",
    value: "HOW",
    // Until isolated functions can reach the internet, most functions would miss it more than they need the walls.
    fallback: "none",
    help: "what keeps functions apart: none, namespaces (Linux, root), or auto: the best there is",
  },
  { flag: "log-level", value: "LEVEL", fallback: "info", help: "debug, info, warn or error" },
] as const satisfies readonly Setting[];

type Flag = (typeof settings)[number]["flag"];

/** A setting that cannot be; the message says what to do. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

export const helpText = [
  "Usage: npm start -- [options]",
  "",
  ...settings.map(
    ({ flag, value, fallback, help }) =>
      `  ${`--${flag} ${value}`.padEnd(24)} ${help}\n${" ".repeat(27)}(${variableName(flag)}${fallback === "" ? "" : `, default ${fallback}`})`,
  ),
  `  ${"--help".padEnd(24)} this text`,
  "",
].join("\n");

/** Flags win over variables, variables over defaults. Throws ConfigError; "help" when that was asked for. */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv): Config | "help" {
  const flags = parseFlags(args);
  if (flags === "help") return "help";
  const get = (flag: Flag): string => {
    // An empty variable is as good as none: that is what compose files and CI make of one that nobody set.
    return flags.get(flag)?.at(-1) ?? (environment[variableName(flag)] || settings.find((setting) => setting.flag === flag)!.fallback);
  };
  const config: Config = {
    host: get("host"),
    port: matching("port", get("port"), (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, "a number from 0 to 65535", Number),
    dataFolder: resolve(get("data-dir")),
    toolchainFolder: resolve(get("toolchain-dir") || join(get("data-dir"), "toolchains")),
    region: matching("region", get("region"), (text) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(text), "a region such as eu-central-1", String),
    accountId: matching("account", get("account"), (text) => /^\d{12}$/.test(text), "twelve digits", String),
    rootAccessKeyId: matching("root-access-key", get("root-access-key"), (text) => /^\w{1,128}$/.test(text), "letters and digits", String),
    rootSecretAccessKey: matching("root-secret-key", get("root-secret-key"), (text) => text !== "", "at least one character", String),
    logLevel: matching(
      "log-level",
      get("log-level"),
      (text) => ["debug", "info", "warn", "error"].includes(text),
      "debug, info, warn or error",
      (text) => text as LogLevel,
    ),
    isolation: matching(
      "isolation",
      get("isolation"),
      (text) => ["auto", "namespaces", "none"].includes(text),
      "auto, namespaces or none",
      (text) => text as Config["isolation"],
    ),
    fileSystems: readFileSystems(
      flags.get("file-system") ?? (environment[variableName("file-system")] ?? "").split(",").filter((text) => text !== ""),
    ),
    searchPath: environment.PATH ?? "",
  };
  if (!isLoopback(config.host) && hasDefaultSecret(config)) {
    throw new ConfigError(
      `Everybody knows the default secret key, so it serves loopback only. To listen on ${config.host}, give keys of your own: --root-access-key ID --root-secret-key KEY`,
    );
  }
  return config;
}

/** Whatever the access key: its id is no secret. */
export const hasDefaultSecret = (config: Config): boolean => config.rootSecretAccessKey === "test";

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

function variableName(flag: Flag): string {
  const isList = settings.some((setting) => setting.flag === flag && "isList" in setting);
  return `PILOTLIGHT_${flag.toUpperCase().replaceAll("-", "_")}${isList ? "S" : ""}`;
}

/** The values of each flag in their order. */
function parseFlags(args: readonly string[]): Map<string, string[]> | "help" {
  try {
    const options = Object.fromEntries(settings.map(({ flag }) => [flag, { type: "string" as const, multiple: true as const }]));
    const { help, ...values } = parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } }).values;
    return help === true ? "help" : new Map(Object.entries(values));
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${helpText}`);
  }
}

function readFileSystems(texts: readonly string[]): Map<string, string> {
  const isGood = (text: string): boolean => /^arn:aws[\w-]*:(?:elasticfilesystem|s3files):[^=]+=./.test(text);
  return new Map(
    texts.map((text) =>
      matching("file-system", text, isGood, "the ARN of an access point, =, and a folder", (good): [string, string] => {
        const at = good.indexOf("=");
        return [good.slice(0, at), resolve(good.slice(at + 1))];
      }),
    ),
  );
}

function matching<T>(flag: Flag, text: string, isGood: (text: string) => boolean, wanted: string, convert: (text: string) => T): T {
  if (!isGood(text)) throw new ConfigError(`--${flag} (or ${variableName(flag)}) must be ${wanted}, not "${text}".`);
  return convert(text);
}
