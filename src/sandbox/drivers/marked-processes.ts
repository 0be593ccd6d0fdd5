import { readdir, readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Every process of an environment inherits this variable, whose value is the environment's folder: that is how the processes
 * which left the process group are found again, and those which a killed daemon left behind. (A function that scrubs its
 * children's variables escapes; only a driver that isolates prevents that.)
 */
export const markerVariable = "PILOTLIGHT_ENVIRONMENT";

/** Processes may fork while we look, so we look again until none is found; a fork bomb must not hold us for ever. */
const maxRounds = 20;
const batchSize = 64;

/** One reading of /proc serves all who asked before it began. */
let nextScan: Promise<Map<number, string>> | undefined;

/** Kills every process whose marker is `folder` or lies inside it. Finds nothing where there is no /proc. */
export async function killMarked(folder: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < maxRounds; round++) {
    const victims = [...(await scanSoon())].filter(([, marker]) => marker === folder || marker.startsWith(`${folder}/`));
    if (victims.length === 0) break;
    for (const [pid] of victims) if (kill(pid)) killed++;
  }
  return killed;
}

/** Sends SIGKILL to a process, or to a group by a negative id; false if there is none any more. */
export function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

function scanSoon(): Promise<Map<number, string>> {
  nextScan ??= nextTurn().then(() => {
    nextScan = undefined;
    return scan();
  });
  return nextScan;
}

async function scan(): Promise<Map<number, string>> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const markers = new Map<number, string>();
  for (let at = 0; at < pids.length; at += batchSize) {
    await Promise.all(
      pids.slice(at, at + batchSize).map(async (pid) => {
        const marker = await markerOf(pid);
        if (marker !== undefined) markers.set(pid, marker);
      }),
    );
  }
  return markers;
}

async function markerOf(pid: number): Promise<string | undefined> {
  // Gone meanwhile, or of another user: neither is ours. A zombie's variables read as empty.
  const variables = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  const start = `${markerVariable}=`;
  return variables
    .split("\0")
    .find((variable) => variable.startsWith(start))
    ?.slice(start.length);
}
