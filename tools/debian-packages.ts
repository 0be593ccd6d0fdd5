/**
 * Programs that some tests drive and npm does not have: installed on first use where that can be done without asking, as root on a Debian. Elsewhere
 * those tests are skipped, and say what they miss.
 */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const installLimitMs = 120_000;
/** Several test files may want something at the same time; a machine without a network shall not be waited for. */
const patience = [
  "-o",
  "DPkg::Lock::Timeout=100",
  "-o",
  "Acquire::Retries=0",
  "-o",
  "Acquire::http::Timeout=10",
  "-o",
  "Acquire::https::Timeout=10",
];

/** Where the program is, after an attempt to get it if need be. `name`: of the program and of the package. */
export async function obtainProgram(name: string): Promise<string | undefined> {
  return (await find(name)) ?? ((await canInstall()) ? install(name).then(() => find(name)) : undefined);
}

const aptGet = "/usr/bin/apt-get";

async function canInstall(): Promise<boolean> {
  const isThere = await access(aptGet, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isThere && process.getuid?.() === 0;
}

/** Never rejects. */
async function install(name: string): Promise<void> {
  const options = { timeout: installLimitMs, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  const attempt = (): Promise<unknown> => run(aptGet, ["install", "--yes", "--no-install-recommends", ...patience, name], options);
  await attempt()
    // The lists may be old, or not there at all.
    .catch(async () => run(aptGet, ["update", ...patience], options).then(attempt))
    .catch(() => {});
}

const find = (name: string): Promise<string | undefined> =>
  run("/bin/sh", ["-c", 'PATH="$PATH:/usr/sbin:/sbin"; command -v "$1"', "sh", name]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
