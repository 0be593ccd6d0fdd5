/**
 * The composition root, and the only one: reads the configuration, builds every part and connects it, starts, stops. Whoever wants to
 * know what depends on what reads this file.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { join, resolve } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { randomIds } from "#kit/ids.ts";
import { Lifecycle } from "#kit/lifecycle.ts";
import { createLog, type Log } from "#kit/log.ts";
import { banner } from "./banner.ts";
import { type Config, ConfigError, hasDefaultSecret, helpText, readConfig } from "./config.ts";
import { examine, type SandboxSettings } from "./doctor.ts";
import { installRuntimes, listRuntimes, runtimesHelp } from "./runtimes.ts";
import type { Gateway } from "#gateway/chain.ts";
import { requestListener } from "#gateway/gateway.ts";
import { defaultListenerLimits, Listener, type ListenerLimits } from "#gateway/listener.ts";
import { authorityDownload } from "#gateway/tls/authority-download.ts";
import { CertificateAuthority } from "#gateway/tls/certificate-authority.ts";
import { ServerCertificates } from "#gateway/tls/server-certificates.ts";
import type { Sandbox } from "#sandbox/contract.ts";
import { IsolationImpossible, openSandbox } from "#sandbox/open-sandbox.ts";
import type { UnpackedCode } from "#sandbox/prepare-environment.ts";
import { services } from "#services/index.ts";
import { packageLimits } from "#services/lambda/code-packages.ts";
import { FunctionLogs } from "#services/lambda/function-logs.ts";
import { imageLimits } from "#services/lambda/images/images.ts";
import { openAppendLogs } from "#storage/append-log.ts";
import { openBlobFiles } from "#storage/blob-files.ts";
import { DataFolderInUse, DataFolderTooNew, openDataFolder } from "#storage/data-folder.ts";
import { UnpackedImages } from "#storage/images/unpacked-images.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { UnpackedPackages } from "#storage/unpacked.ts";
import type { Credential, CredentialSource } from "#wire/auth/ports.ts";
import { SessionIssuer } from "#wire/auth/session-token.ts";
import { SigningKeys } from "#wire/auth/signing-keys.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import type { Door } from "#wire/service.ts";
import { ServiceHost } from "#wire/service-host.ts";

/** How long running requests and invocations may take to end when we are asked to stop. */
const drainMs = 20_000;

const productFolder = resolve(import.meta.dirname, "..");

export interface Running extends AsyncDisposable {
  endpoint: string;
  /** Undefined if there is none. */
  httpsEndpoint: string | undefined;
  /** Ends what runs, while a disposal waits for it. */
  hurry(): void;
}

/** Starts the product. `announce` gets each line of the banner; the last one is `ready URL`. */
export async function start(config: Config, log: Log, announce: (line: string) => void, limits = defaultListenerLimits): Promise<Running> {
  const lifecycle = new Lifecycle();
  try {
    return await build(config, log, announce, limits, lifecycle);
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]();
    throw error;
  }
}

async function build(
  config: Config,
  log: Log,
  announce: (line: string) => void,
  limits: ListenerLimits,
  lifecycle: Lifecycle,
): Promise<Running> {
  const startedMs = systemClock.now();
  let endpoint = "";
  let httpsEndpoint: string | undefined;
  const { folder, ...storage } = await openStorage(config, log, lifecycle);
  const dispatcher = new Dispatcher({ authorize: () => {} }, randomIds, () => endpoint);
  const functionLogs = new FunctionLogs(dispatcher, systemClock, log);
  lifecycle.onStop("the logs of functions", () => functionLogs.flush());
  const sandbox = await openSandbox({
    clock: systemClock,
    ids: randomIds,
    log,
    runFolder: folder.runFolder,
    trialFile: join(folder.path, "isolation-trial"),
    unpacked: unpackedCode(storage),
    logSink: functionLogs,
    ...sandboxSettings(config),
  });
  lifecycle.onStop("the sandbox", () => sandbox[Symbol.asyncDispose]());

  const ownHosts = { names: ownNames(config), allowsAnyName: !hasDefaultSecret(config) };
  const authority = new CertificateAuthority(systemClock, randomIds, folder.keep, ownHosts.names);
  const sessions = new SessionIssuer(folder.secret, randomIds);
  const dependencies = { clock: systemClock, ids: randomIds, log, calls: dispatcher, accountId: config.accountId };
  const stopping = new AbortController();
  const ports = {
    ...storage,
    stopping: stopping.signal,
    sandbox,
    sessions,
    signingSecret: folder.secret,
    endpoint: () => endpoint,
    certificateOrigin: () => (config.snsCertificateHost === "" ? (httpsEndpoint ?? endpoint) : `https://${config.snsCertificateHost}`),
    certificates: authority,
    keepFile: folder.keep,
    isRootKey: (id: string, secret: string) => id === config.rootAccessKeyId && isSame(secret, config.rootSecretAccessKey),
    ...settingsOfServices(config),
  };
  for (const definition of services) dispatcher.add(new ServiceHost(definition, { ...dependencies, ...ports }));

  const gateway: Gateway = {
    clock: systemClock,
    keys: new SigningKeys(),
    log,
    dispatcher,
    hosts: [...dispatcher.hosts],
    credentials: credentialSource(config, sessions, dispatcher),
    ownHosts,
    doors: async () => [authorityDownload(authority), ...(await openDoors(dispatcher))],
    health: () => ({ status: "ok", uptimeMs: systemClock.now() - startedMs, services: services.map(({ name }) => name) }),
  };
  const listener = new Listener(requestListener(gateway, randomIds), limits);
  lifecycle.onStop("the listener", () => listener[Symbol.asyncDispose]());
  const port = await listener.listen(config.host, config.port);
  endpoint = originOf("http", config.host, port);
  const securePort = await listenSecurely(config, port, listener, new ServerCertificates(authority, systemClock, ownHosts), log);
  if (securePort !== undefined) httpsEndpoint = originOf("https", config.host, securePort);
  for (const line of [...banner(config, { endpoint, httpsEndpoint }, sandbox.describe()), `ready ${endpoint}`]) announce(line);

  startLoops(dispatcher, lifecycle, log);
  const hurry = drainWhenStopping(lifecycle, listener, sandbox, stopping);
  return { endpoint, httpsEndpoint, hurry, [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose]() };
}

const settingsOfServices = ({ fileSystems, imagePlaces, otlpEndpoint }: Config) => ({ fileSystems, imagePlaces, otlpEndpoint });

const originOf = (scheme: string, host: string, port: number): string => `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;

function sandboxSettings(config: Config): SandboxSettings {
  return {
    toolchainFolder: config.toolchainFolder,
    mavenRepository: config.mavenRepository,
    nativeFolder: join(config.toolchainFolder, "native"),
    productFolder,
    searchPath: config.searchPath,
    isolation: config.isolation,
    debugged: config.debugged,
    standbysPerRuntime: config.standbys,
    usesForkServers: config.usesForkServers,
    outbound: config.outbound,
    ociRuntime: config.ociRuntime,
    functionMemoryMb: config.functionMemoryMb,
    limits: config.maxEnvironments === undefined ? {} : { environments: config.maxEnvironments },
  };
}

/** Lets run to its end what runs when we are asked to stop; what is returned ends it at once. */
function drainWhenStopping(lifecycle: Lifecycle, listener: Listener, sandbox: Sandbox, stopping: AbortController): () => void {
  const hurry = Promise.withResolvers<void>();
  lifecycle.onStop("running requests", async () => {
    // What only waits, such as a long poll, ends first.
    stopping.abort();
    const drained = Promise.all([listener.drain(drainMs), sandbox.drain(drainMs)]);
    await Promise.race([drained, hurry.promise.then(() => sandbox.drain(0))]);
  });
  return hurry.resolve;
}

/** Packages and images as the sandbox sees them: one place. */
function unpackedCode({ unpacked, unpackedImages }: { unpacked: UnpackedPackages; unpackedImages: UnpackedImages }): UnpackedCode {
  return {
    acquire: (digest) => unpacked.acquire(digest),
    acquireMerged: (digests) => unpacked.acquireMerged(digests),
    acquireImage: (digest) => unpackedImages.acquire(digest),
  };
}

/** The data folder, locked for us, and what is kept in it. */
async function openStorage(config: Config, log: Log, lifecycle: Lifecycle) {
  const folder = await openDataFolder(config.dataFolder);
  lifecycle.onStop("the data folder", () => folder[Symbol.dispose]());
  const database = await openSqliteDatabase({ path: folder.databasePath });
  lifecycle.onStop("the database", () => database[Symbol.asyncDispose]());
  const blobs = await openBlobFiles(folder.blobsFolder);
  const unpacked = await UnpackedPackages.open(folder.unpackedFolder, blobs, packageLimits);
  const unpackedImages = await UnpackedImages.open(folder.imagesFolder, imageLimits);
  const appendLogs = await openAppendLogs(folder.logsFolder, { clock: systemClock, log });
  lifecycle.onStop("the append logs", () => appendLogs[Symbol.asyncDispose]());
  return { folder, database, blobs, unpacked, unpackedImages, appendLogs };
}

/** Takes as long whatever is wrong. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));

/** Names under which we are reached besides local ones. */
const ownNames = ({ host, snsCertificateHost }: Config): string[] => [host, snsCertificateHost.replace(/:\d+$/, "")].filter(Boolean);

/** Opens the HTTPS port. A port that nobody chose may be taken: then we go without one. */
async function listenSecurely(
  { host, port, httpsPort }: Config,
  plainPort: number,
  listener: Listener,
  certificates: ServerCertificates,
  log: Log,
): Promise<number | undefined> {
  if (httpsPort === "none") return undefined;
  const identityFor = (name?: string) => certificates.identityFor(name);
  if (httpsPort !== "next") return listener.listenSecurely(host, httpsPort, identityFor);
  try {
    return await listener.listenSecurely(host, port === 0 ? 0 : (plainPort + 1) % 65_536, identityFor);
  } catch (error) {
    log.warn(`there is no HTTPS: port ${plainPort + 1} is taken (${(error as Error).message}). --https-port chooses another one.`);
    return undefined;
  }
}

/** Root from the configuration, sessions from sts, users' keys from iam. */
function credentialSource(config: Config, sessions: SessionIssuer, dispatcher: Dispatcher): CredentialSource {
  const root = rootPrincipal(config.accountId);
  return {
    find(accessKeyId, sessionToken) {
      if (accessKeyId === config.rootAccessKeyId) return { status: "valid", secretAccessKey: config.rootSecretAccessKey, principal: root };
      if (accessKeyId.startsWith("ASIA")) return sessions.open(accessKeyId, sessionToken ?? "", systemClock.now());
      return findUserKey(dispatcher, accessKeyId, sessionToken);
    },
  };
}

async function findUserKey(dispatcher: Dispatcher, accessKeyId: string, sessionToken: string | undefined): Promise<Credential> {
  const { accessKeys } = (await dispatcher.host("iam").load()).state as { accessKeys: CredentialSource };
  return accessKeys.find(accessKeyId, sessionToken);
}

async function openDoors(dispatcher: Dispatcher): Promise<Door[]> {
  const withDoors = [...dispatcher.hosts].filter(({ definition }) => definition.doors);
  const loaded = await Promise.all(withDoors.map(async (host) => host.load()));
  return loaded.flatMap(({ doors }) => doors);
}

/** After "ready": services with work of their own are opened in the background, so that nobody waits for them. */
function startLoops(dispatcher: Dispatcher, lifecycle: Lifecycle, log: Log): void {
  for (const host of dispatcher.hosts) {
    if (host.definition.loops === undefined) continue;
    const started = Promise.resolve(host.load()).then(
      ({ loops }) => loops().map((loop) => loop.start()),
      (error: unknown) => {
        log.error(`the loops of ${host.definition.name} could not be started`, { error });
        return [];
      },
    );
    lifecycle.onStop(`the loops of ${host.definition.name}`, async () => {
      await Promise.all((await started).map((loop) => loop[Symbol.asyncDispose]()));
    });
  }
}

/** `main.ts [doctor | runtimes [install ID …]] [options]` */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const wordCount = args.findIndex((arg) => arg.startsWith("-"));
  const words = ["doctor", "runtimes"].includes(args[0] ?? "") ? args.slice(0, wordCount === -1 ? undefined : wordCount) : [];
  const config = readConfig(args.slice(words.length), process.env);
  if (config === "help") {
    process.stdout.write(words[0] === "runtimes" ? runtimesHelp : helpText);
    return;
  }
  if (words.length > 0) process.exit((await runMode(words, config)) ? 0 : 1);
  const log = createLog(config.logLevel, (line) => process.stderr.write(line));
  const running = await start(config, log, (line) => process.stdout.write(`${line}\n`));
  let stopReason: string | undefined;
  const stop = (reason: string): void => {
    // Only the same again is impatience: an npm that is stopped with us may pass on a signal of another kind.
    if (reason === stopReason) running.hurry();
    if (stopReason !== undefined) return;
    stopReason = reason;
    log.info(`stopping (${reason}); running invocations have ${drainMs / 1_000} s to finish; the same signal again ends them at once`);
    running[Symbol.asyncDispose]().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error("stopping failed", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGHUP", () => stop("SIGHUP"));
  // Started by tools/set-up.mjs: it is gone, so nobody could stop us any more.
  process.on("disconnect", () => stop("the parent process is gone"));
}

/** Does what the words say instead of a start. Resolves with whether all is well. */
async function runMode([mode, action, ...names]: readonly string[], config: Config): Promise<boolean> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const settings = sandboxSettings(config);
  if (mode === "doctor") return examine(config, settings, print);
  const log = createLog(config.logLevel, (line) => process.stderr.write(line));
  if (action === "install") return installRuntimes(names, settings, log, print);
  if (action !== undefined)
    throw new ConfigError(`npm run runtimes lists; npm run runtimes -- install ID prepares one. There is no "${action}".`);
  await listRuntimes(settings, log, print);
  return true;
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`${explain(error as Error)}\n`);
    process.exit(1);
  });
}

/** What its user can mend is said in a sentence; everything else is our mistake, and says where. */
function explain(error: NodeJS.ErrnoException): string {
  const { code, syscall, message } = error;
  if ([ConfigError, DataFolderInUse, DataFolderTooNew, IsolationImpossible].some((known) => error instanceof known)) return message;
  if (code === "EADDRINUSE") {
    return `Something listens on this port already (${message}). Choose another one with --port (or --https-port), or --port 0 for any free one.`;
  }
  if (syscall === "listen" || syscall === "getaddrinfo")
    return `Cannot listen there (${message}). Choose another address with --host, another port with --port.`;
  if (syscall !== undefined || code === "ERR_SQLITE_ERROR")
    return `The data cannot be kept there (${message}). Choose another folder with --data-dir.`;
  return error.stack ?? message;
}
