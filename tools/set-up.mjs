/**
 * What every npm script begins with: installs the packages where they are missing or out of date, then runs a TypeScript file with the
 * Node that they bring. It runs before anything is installed, on any Node from 20 on: plain JavaScript, no packages.
 *
 *     node tools/set-up.mjs src/main.ts --port 0
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const wantedNodeMajor = 26;
/** A terminal's Ctrl-C reaches us twice, from the terminal and from npm; a person does not press it twice within this time. */
const sameSignalMs = 300;
const parentCheckMs = 1_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = join(root, "node_modules");
const marker = join(packages, ".set-up");

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) fail("usage: node tools/set-up.mjs SCRIPT.ts [ARGUMENT…]");
install();
run(chooseNode(), join(root, script), scriptArguments);

/**
 * The marker tells which lock file, for which machine, was installed last. `npm install` rather than `npm ci`: it keeps what is there
 * when the network is not, and takes a lock file that lacks the optional builds for other machines. With --no-save it changes no file.
 */
function install() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const wanted = `${process.platform} ${process.arch} ${createHash("sha256").update(lock).digest("hex")}\n`;
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return;

  process.stderr.write("Installing packages (needed once, takes a minute at most) … ");
  const startMs = performance.now();
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"], {
    cwd: root,
    encoding: "utf8",
  });
  if (npm.status !== 0) {
    const reason = npm.error?.message ?? `${npm.stdout}${npm.stderr}`.trim();
    fail(`failed.\n${reason}\n\nPilotlight needs the npm registry for this step. Once \`npm install\` works in ${root}, try again.`);
  }
  writeFileSync(marker, wanted);
  process.stderr.write(`done in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
}

/** The Node among the packages if it works on this machine, else this one if it is new enough. */
function chooseNode() {
  const bundled = join(packages, ".bin", "node");
  if (existsSync(bundled) && (realpathSync(bundled) === realpathSync(process.execPath) || spawnSync(bundled, ["--version"]).status === 0))
    return bundled;
  if (Number.parseInt(process.versions.node, 10) >= wantedNodeMajor) return process.execPath;
  return fail(
    `Pilotlight runs on Node ${wantedNodeMajor}. npm has no build of it that works on ${process.platform} ${process.arch}, and this is Node ${process.versions.node}: ` +
      `please install Node ${wantedNodeMajor} from https://nodejs.org and try again.`,
  );
}

/**
 * The script leads a process group of its own, so that each signal reaches it exactly once, from here. It has a channel to us:
 * should we be killed outright, its `disconnect` event tells it to stop.
 */
function run(node, file, args) {
  // The driver that isolates functions uses node:ffi, and a person who starts the product cannot do anything about that.
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", file, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: true,
    env: { NODE_COMPILE_CACHE: join(packages, ".cache", "node"), ...process.env },
  });
  child.on("error", (error) => fail(`could not run ${node}: ${error.message}`));

  const lastForwardedMs = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - (lastForwardedMs.get(signal) ?? -Infinity) > sameSignalMs) child.kill(signal);
      lastForwardedMs.set(signal, nowMs);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) stopWithParent(child);

  child.on("exit", (code, signal) => {
    killGroup(child.pid);
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}

/** Ends what the script has left behind in its group, if anything. */
function killGroup(leader) {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** npm forwards SIGINT and SIGTERM; when it is killed outright, all we see is another parent. */
function stopWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, parentCheckMs);
  timer.unref();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
