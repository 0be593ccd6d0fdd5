/**
 * Every setting, in one table: a flag, the same as a PILOTLIGHT_* variable, a default. The only reader of arguments and environment.
 */
import { isIP } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type IpRange, ipRange, overlaps, parseIpRange } from "#kit/ip-range.ts";
import type { LogLevel } from "#kit/log.ts";

export interface Config {
  host: string;
  /** 0: any free port. */
  port: number;
  /** `next`: the port after `port`, or any free one where that is 0; nobody asked for it, so it may be missing. */
  httpsPort: number | "next" | "none";
  /** `HOST[:PORT]` in the URLs of the certificates that SNS signs with; empty: our own HTTPS port. */
  snsCertificateHost: string;
  /** Base URL of a receiver of OTLP over HTTP, if spans shall go to one. */
  otlpEndpoint: string | undefined;
  /** Absolute. */
  dataFolder: string;
  /** For the console and the examples; every region is served. */
  region: string;
  accountId: string;
  rootAccessKeyId: string;
  rootSecretAccessKey: string;
  logLevel: LogLevel;
  /** Which driver keeps functions apart. */
  isolation: "auto" | "namespaces" | "oci" | "none";
  /** Where isolated functions may go besides this product: public addresses, and ranges of the operator's choice. */
  outbound: { internet: boolean; allowed: readonly IpRange[] };
  /** The container runtime: a program on the PATH, or its path. */
  ociRuntime: string;
  /** Execution environments of all functions together; undefined: as many as the machine's memory can hold. */
  maxEnvironments: number | undefined;
  /** Memory of all functions together; undefined: what the machine can spare. */
  functionMemoryMb: number | undefined;
  /** How many processes of each runtime are started ahead of need at most. */
  standbys: number;
  /** Whether runtimes may be forked, where that works. */
  usesForkServers: boolean;
  /** Functions to be debugged, by name, and at which port; undefined: the usual one. */
  debugged: ReadonlyMap<string, number | undefined>;
  /** Absolute; interpreters that are fetched on first use are kept here. */
  toolchainFolder: string;
  /** Base URL; undefined: the one that this machine's Maven asks. */
  mavenRepository: string | undefined;
  /** Where container images may come from: absolute folders, and URLs of registries by host (`ecr`: all of ECR's). */
  imagePlaces: { folders: readonly string[]; registries: ReadonlyMap<string, string> };
  /** Absolute folders that stand for file systems, by the ARN of the access point. */
  fileSystems: ReadonlyMap<string, string>;
  /** PATH of this process, and before it the programs of JAVA_HOME: where interpreters of runtimes are looked for. */
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
  { flag: "https-port", value: "PORT", fallback: "next", help: "port with TLS: next (the one after --port), a number, or none" },
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
  {
    flag: "maven-repository",
    value: "URL",
    fallback: "",
    help: "where AWS's runtime client for Java is fetched from; without it, a mirror in ~/.m2/settings.xml, or Maven Central",
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
    flag: "image-folder",
    isList: true,
    value: "DIR",
    fallback: "",
    help: "functions may be made of OCI layouts below this folder (oci:/DIR/app:tag); may be repeated",
  },
  {
    flag: "image-registry",
    isList: true,
    value: "HOST=URL",
    fallback: "",
    help: "functions may be made of images of this registry (ecr=URL: whatever ECR's name); may be repeated",
  },
  {
    flag: "isolation",
    value: "HOW",
    fallback: "auto",
    help: "what keeps functions apart: namespaces (Linux, root), oci (containers), none, or auto: namespaces where they work",
  },
  { flag: "internet", value: "YES|NO", fallback: "yes", help: "whether isolated functions reach the internet" },
  {
    flag: "allow-network",
    isList: true,
    value: "CIDR",
    fallback: "",
    help: "a private network, or addresses of this machine, that isolated functions may reach; may be repeated",
  },
  {
    flag: "oci-runtime",
    value: "PROGRAM",
    fallback: "runc",
    help: "container runtime for oci and for container images: runc, runsc, …, or a path",
  },
  {
    flag: "sns-certificate-host",
    value: "HOST",
    fallback: "",
    help: "host of SNS's signing certificates, e.g. sns.us-east-1.amazonaws.com; without it, our own HTTPS port",
  },
  {
    flag: "otlp-endpoint",
    value: "URL",
    fallback: "",
    help: "where X-Ray's segments go besides, as spans: a receiver of OTLP over HTTP, e.g. http://127.0.0.1:4318",
  },
  {
    flag: "max-environments",
    value: "COUNT",
    fallback: "",
    help: "execution environments at once, 1 to 99999; without it, as many as the machine has room for",
  },
  {
    flag: "function-memory",
    value: "MB",
    fallback: "",
    help: "memory that all functions together may use, in MB; without it, four fifths of the machine's",
  },
  {
    flag: "standbys",
    value: "COUNT",
    fallback: "4",
    help: "processes of each runtime that are started ahead of need at most, for quick cold starts; 0: none (takes isolation)",
  },
  {
    flag: "fork-servers",
    value: "YES|NO",
    fallback: "yes",
    help: "whether runtimes are forked from a process that has them loaded, where that proves to work (takes isolation and a C compiler)",
  },
  {
    flag: "debug",
    isList: true,
    value: "FUNCTION[:PORT]",
    fallback: "",
    help: "environments of this function wait for a debugger, and their time for nobody; may be repeated",
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
  const getAll = (flag: Flag): string[] =>
    flags.get(flag) ?? (environment[variableName(flag)] ?? "").split(",").filter((text) => text !== "");
  const config: Config = {
    host: get("host"),
    port: matching("port", get("port"), isPort, "a number from 0 to 65535", Number),
    httpsPort: matching(
      "https-port",
      get("https-port"),
      (text) => isPort(text) || text === "next" || text === "none",
      "a number from 0 to 65535, next or none",
      (text) => (text === "next" || text === "none" ? text : Number(text)),
    ),
    snsCertificateHost: matching(
      "sns-certificate-host",
      get("sns-certificate-host"),
      (text) => /^(?:[\w.-]+(?::\d{1,5})?)?$/.test(text),
      "a host, with a port if need be",
      String,
    ),
    otlpEndpoint: readUrl("otlp-endpoint", get("otlp-endpoint")),
    dataFolder: resolve(get("data-dir")),
    toolchainFolder: resolve(get("toolchain-dir") || join(get("data-dir"), "toolchains")),
    mavenRepository: readUrl("maven-repository", get("maven-repository")),
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
      (text) => ["auto", "namespaces", "oci", "none"].includes(text),
      "auto, namespaces, oci or none",
      (text) => text as Config["isolation"],
    ),
    standbys: matching("standbys", get("standbys"), (text) => /^\d{1,2}$/.test(text), "a number from 0 to 99", Number),
    usesForkServers: readAnswer("fork-servers", get("fork-servers")),
    debugged: readDebugged(getAll("debug")),
    ociRuntime: get("oci-runtime"),
    maxEnvironments: readCount("max-environments", get("max-environments"), 99_999),
    functionMemoryMb: readCount("function-memory", get("function-memory"), 99_999_999),
    outbound: {
      internet: readAnswer("internet", get("internet")),
      allowed: readNetworks(flags.get("allow-network") ?? [environment[variableName("allow-network")] ?? ""]),
    },
    imagePlaces: readImagePlaces(getAll("image-folder"), getAll("image-registry")),
    fileSystems: readFileSystems(getAll("file-system")),
    searchPath: [...(environment.JAVA_HOME ? [join(environment.JAVA_HOME, "bin")] : []), environment.PATH ?? ""].join(delimiter),
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

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

function variableName(flag: Flag): string {
  const isList = settings.some((setting) => setting.flag === flag && "isList" in setting);
  const name = `PILOTLIGHT_${flag.toUpperCase().replaceAll("-", "_")}`;
  return isList ? `${name.replace(/Y$/, "IE")}S` : name;
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

function readImagePlaces(folders: readonly string[], registries: readonly string[]): Config["imagePlaces"] {
  const isGood = (text: string): boolean => /^[\w.:-]+=https?:\/\/./.test(text) && URL.canParse(text.slice(text.indexOf("=") + 1));
  const entries = registries.map((text) =>
    matching("image-registry", text, isGood, "a host or ecr, =, and the URL of a registry", (good): [string, string] => {
      const at = good.indexOf("=");
      return [good.slice(0, at), good.slice(at + 1)];
    }),
  );
  return { folders: folders.map((folder) => resolve(folder)), registries: new Map(entries) };
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

function readDebugged(texts: readonly string[]): Map<string, number | undefined> {
  const isGood = (text: string): boolean => /^[\w-]+(:[1-9]\d{0,4})?$/.test(text) && isPort(text.split(":")[1] ?? "1");
  return new Map(
    texts.map((text) =>
      matching("debug", text, isGood, "the name of a function, or that, : and a port", (good): [string, number | undefined] => {
        const [name = "", port] = good.split(":");
        return [name, port === undefined ? undefined : Number(port)];
      }),
    ),
  );
}

const loopback = ipRange("127.0.0.0/8");

/** Commas may part them, whichever way they are given. */
function readNetworks(texts: readonly string[]): IpRange[] {
  // A loopback address of this machine has no way to a function, whose loopback interface is its own.
  const isGood = (range: IpRange | undefined): boolean => range !== undefined && !overlaps(range, loopback);
  const named = new Set(texts.flatMap((text) => text.split(",")).filter((text) => text !== ""));
  return [...named].map((text) =>
    matching(
      "allow-network",
      text,
      (candidate) => isGood(parseIpRange(candidate)),
      "IPv4 ranges such as 10.1.0.0/16, without loopback addresses",
      ipRange,
    ),
  );
}

/** A number from 1 on; undefined if none is given. */
function readCount(flag: Flag, text: string, most: number): number | undefined {
  if (text === "") return undefined;
  const isGood = (candidate: string): boolean => /^[1-9]\d{0,9}$/.test(candidate) && Number(candidate) <= most;
  return matching(flag, text, isGood, `a number from 1 to ${most}`, Number);
}

function readAnswer(flag: Flag, given: string): boolean {
  return matching(
    flag,
    given,
    (text) => text === "yes" || text === "no",
    "yes or no",
    (text) => text === "yes",
  );
}

/** Undefined if none is given. */
function readUrl(flag: Flag, text: string): string | undefined {
  if (text === "") return undefined;
  return matching(flag, text, (candidate) => /^https?:\/\/./.test(candidate) && URL.canParse(candidate), "an http or https URL", String);
}

function matching<T>(flag: Flag, text: string, isGood: (text: string) => boolean, wanted: string, convert: (text: string) => T): T {
  if (!isGood(text)) throw new ConfigError(`--${flag} (or ${variableName(flag)}) must be ${wanted}, not "${text}".`);
  return convert(text);
}
