/**
 * What else runs functions on a machine of one's own and can be had from npm or PyPI, measured in the same run with the same function: an echo in Node.js.
 * Peers are installed into node_modules/.cache at the first run; one that cannot be had, or does not start, is left out aloud.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { deploy } from "./deploy.ts";
import { measureLoad } from "./load-client.ts";
import { startEchoServer, startPilotlight } from "./product.ts";
import { type BenchOptions, type Report, type Section, warmUpPart } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { compare, interleave, type Outcome, type Subject } from "./slices.ts";
import { head, pause, row, showSpread, spreadOf } from "./statistics.ts";
import { echoRequest, payload } from "./warm.ts";

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, "../node_modules/.cache/bench-peers");
const source = resolve(import.meta.dirname, "functions/echo-node/index.js");
const installLimitMs = 300_000;
const startLimitMs = 60_000;
const connectionCounts = [1, 16];
const slicesPerRound = 3;
const warmUpSeconds = 4;

interface Target {
  port: number;
  request: Buffer;
  stop(): Promise<void>;
}

interface Peer {
  name: string;
  remark: string;
  start(folder: string): Promise<Target>;
}

const npmInstall = (folder: string, ...packages: string[]): Promise<unknown> =>
  run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error", ...packages], { timeout: installLimitMs });

/** Once for ever: what was installed has left a mark. */
async function installed(name: string, install: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = join(cache, name);
  const mark = join(folder, ".installed");
  if (
    await access(mark).then(
      () => true,
      () => false,
    )
  )
    return folder;
  process.stderr.write(`installing ${name} for the comparison\n`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), "{}");
  await install(folder);
  await writeFile(mark, "");
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

const post = (path: string, body = payload): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );

/** A child that is ready when it answers with success. */
async function serve(
  command: string,
  args: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
  port: number,
  request: Buffer,
): Promise<Target> {
  const child: ChildProcess = spawn(command, args, {
    ...options,
    env: { ...process.env, ...options.env },
    stdio: "ignore",
    detached: true,
  });
  const failed = once(child, "error").then(([error]: unknown[]) => Promise.reject(error as Error));
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const answers = async (): Promise<void> => {
    for (const untilMs = performance.now() + startLimitMs; performance.now() < untilMs; await pause(300)) {
      if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
      if (
        await measureLoad(port, request, 1, 0, 0).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    throw new Error("it does not answer");
  };
  try {
    await Promise.race([answers(), failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, request, stop };
}

const serverlessOffline: Peer = {
  name: "serverless-offline 13",
  remark: "its endpoint for Invoke; functions run in its own process",
  async start() {
    const folder = await installed("serverless-offline", (into) => npmInstall(into, "serverless@3", "serverless-offline@13"));
    const app = join(folder, "app");
    await mkdir(app, { recursive: true });
    await symlink("../node_modules", join(app, "node_modules")).catch(() => {});
    await copyFile(source, join(app, "index.js"));
    const settings =
      "service: bench\nprovider: { name: aws, runtime: nodejs20.x }\nplugins: [serverless-offline]\nfunctions: { echo: { handler: index.handler } }\n";
    await writeFile(join(app, "serverless.yml"), settings);
    const [httpPort, lambdaPort, socketPort] = [await freePort(), await freePort(), await freePort()];
    const ports = ["--httpPort", String(httpPort), "--lambdaPort", String(lambdaPort), "--websocketPort", String(socketPort)];
    const env = { SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" };
    const command = join(folder, "node_modules/.bin/serverless");
    const request = post("/2015-03-31/functions/bench-dev-echo/invocations");
    return serve(command, ["offline", "start", "--host", "127.0.0.1", ...ports], { cwd: app, env }, lambdaPort, request);
  },
};

const vercelFun: Peer = {
  name: "@vercel/fun 1",
  remark: "a library: behind a bare node:http server; functions are processes",
  async start() {
    const folder = await installed("vercel-fun", (into) => npmInstall(into, "@vercel/fun@1"));
    const app = join(folder, "app");
    await mkdir(app, { recursive: true });
    await copyFile(source, join(app, "index.js"));
    const port = await freePort();
    return serve(
      process.execPath,
      [resolve(import.meta.dirname, "peers/vercel-fun.mjs"), folder, String(port)],
      { cwd: app },
      port,
      post("/"),
    );
  },
};

const moto: Peer = {
  name: "moto's server",
  remark: "answers without running anything, because it takes Docker to run functions: its speed as a server only",
  async start() {
    const folder = await installed("moto", async (into) => {
      await run("python3", ["-m", "venv", join(into, "venv")], { timeout: installLimitMs });
      await run(join(into, "venv/bin/pip"), ["install", "--quiet", "moto[server,awslambda]"], { timeout: installLimitMs });
    });
    const port = await freePort();
    const script = resolve(import.meta.dirname, "peers/moto-server.py");
    // It finds the service in the signature.
    const request = await signedInvocation({ port }, "echo", payload, "RequestResponse", { isSent: false });
    return serve(join(folder, "venv/bin/python"), [script, String(port)], { cwd: folder }, port, request);
  },
};

async function pilotlight(isolation: string): Promise<Target> {
  const product = await startPilotlight(["--isolation", isolation]);
  const lambda = await deploy(product, [{ name: "echo", runtime: "nodejs26.x", handler: "index.handler", folder: "echo-node" }]);
  lambda.destroy();
  return { port: product.port, request: await signedInvocation(product, "echo", payload), stop: product.stop };
}

async function bareEcho(): Promise<Target> {
  const echo = await startEchoServer();
  return { port: echo.port, request: echoRequest, stop: echo.stop };
}

const echoName = "bare echo server";

class Opened {
  readonly targets = new Map<string, Target>();
  readonly remarks = new Map<string, string>();
  readonly leftOut: string[] = [];
  readonly #warmUpSeconds: number;

  constructor(seconds: number) {
    this.#warmUpSeconds = seconds;
  }

  async open(name: string, remark: string, start: () => Promise<Target>): Promise<void> {
    try {
      this.targets.set(name, await start());
      this.remarks.set(name, remark);
    } catch (error) {
      this.leftOut.push(row(name, "", `left out: ${(error as Error).message.split("\n", 1)[0]}`, "", "", "", remark));
    }
  }

  subject(name: string): Subject {
    const { port, request } = this.targets.get(name) as Target;
    return { name, server: { port }, request, warmUpSeconds: this.#warmUpSeconds };
  }
}

const columns = ["", "connections", "invocations/s", "p50 ms", "Pilotlight's rate ÷ this", "Pilotlight's p50 ÷ this", "remark"] as const;

/** Pilotlight is the yardstick: it is measured before and after each of the others. */
async function measure(
  own: string,
  opened: Opened,
  connections: number,
  rounds: number,
  figures: Record<string, number>,
): Promise<string[]> {
  const names = [...opened.targets.keys()].filter((name) => name !== own);
  const outcomes = await interleave(
    opened.subject(own),
    names.map((name) => opened.subject(name)),
    { connections, slices: rounds * slicesPerRound },
  );
  const rows = names.map((name) => {
    const { pairs, failure } = outcomes.get(name) as Outcome;
    const trouble = failure === undefined ? "" : `; after ${pairs.length} slices it failed: ${failure}`;
    const remark = `${opened.remarks.get(name)}${trouble}`;
    if (pairs.length === 0) return row(name, connections, `fails: ${failure}`, "", "", "", remark);
    // The other way round than elsewhere: how often the other one goes into ours.
    const ratio = (key: "perSecond" | "p50Ms") => spreadOf(pairs.map((pair) => pair.yardstick[key] / pair.own[key]));
    figures[`${name}, ${connections}: Pilotlight's rate ÷ this`] = ratio("perSecond").median;
    const [rate, p50] = [compare(pairs, "perSecond").own, compare(pairs, "p50Ms").own];
    return row(
      name,
      connections,
      rate.toFixed(0),
      p50.toFixed(2),
      showSpread(ratio("perSecond"), name === echoName ? 2 : 1),
      showSpread(ratio("p50Ms"), 2),
      remark,
    );
  });
  const { pairs } = outcomes.get(echoName) as Outcome;
  const [rate, p50] = [compare(pairs, "perSecond").yardstick, compare(pairs, "p50Ms").yardstick];
  return [row(own, connections, rate.toFixed(0), p50.toFixed(2), "1.0", "1.0", opened.remarks.get(own)), ...rows];
}

async function compareAll(options: BenchOptions): Promise<Report> {
  const { isolations, rounds, yardstick } = options;
  const [isolation = "none"] = isolations;
  const own = `Pilotlight, isolation ${isolation}`;
  const opened = new Opened(warmUpSeconds * warmUpPart(options));
  try {
    const isolated = isolation === "none" ? "" : ", every function isolated";
    await opened.open(own, `signatures verified${isolated}; functions are processes`, () => pilotlight(isolation));
    await opened.open(echoName, "node:http, no functions", bareEcho);
    for (const peer of [serverlessOffline, vercelFun, moto]) await opened.open(peer.name, peer.remark, () => peer.start(cache));
    const figures: Record<string, number> = {};
    const rows: string[] = [];
    for (const connections of connectionCounts) {
      await yardstick.sample();
      rows.push(...(await measure(own, opened, connections, rounds, figures)));
    }
    return {
      figures,
      lines: [
        `Warm invocations of an echo of 1 KB in Node.js; medians of ${rounds * slicesPerRound} slices of 0.35 s each, in turn, and of the ratios of neighbours; in brackets the quartiles.`,
        "",
        ...head(...columns),
        ...rows,
        ...opened.leftOut,
      ],
    };
  } finally {
    for (const target of opened.targets.values()) await target.stop();
  }
}

export const peers: Section = { name: "peers", title: "Beside its peers", run: compareAll };
