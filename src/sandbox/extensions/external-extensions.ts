import { constants } from "node:fs";
import { access, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Below the layers' folder: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
const folderName = "extensions";
/** Longer first lines the kernel does not read either. */
const maxInterpreterLine = 256;

/** Absolute paths of what is to be started beside the runtime, in the order of their names. */
export async function listExtensions(layersFolder: string | undefined): Promise<string[]> {
  if (layersFolder === undefined) return [];
  const folder = join(layersFolder, folderName);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .toSorted();
}

/**
 * Why a file cannot be run, in the words that Go has for it; undefined if it can, as far as can be seen from outside of the sandbox. `hasOwnRoot`: what else is
 * there in the sandbox is not what is here.
 */
export async function launchComplaint(
  path: string,
  hasOwnRoot = false,
): Promise<"permission denied" | "exec format error" | "no such file or directory" | undefined> {
  const { mode } = await stat(path).catch(() => ({ mode: undefined }));
  if (mode === undefined) return "no such file or directory";
  if ((mode & 0o111) === 0) return "permission denied";
  const head = await firstLine(path);
  if (head.startsWith("\x7fELF") || process.platform !== "linux") return undefined;
  if (!head.startsWith("#!")) return "exec format error";
  const [interpreter = ""] = head.slice(2).trimStart().split(/[ \t]/, 1);
  // Those among layers and code have another place here.
  if (hasOwnRoot || /^\/(opt|var|tmp|mnt)\//.test(interpreter)) return undefined;
  return access(interpreter, constants.X_OK).then(
    () => undefined,
    () => "no such file or directory" as const,
  );
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(maxInterpreterLine);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString("latin1", 0, bytesRead).split("\n", 1)[0] as string;
  } finally {
    await file.close();
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-registration-api: what extensions do not see. */
const hidden = new Set([
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_XRAY_CONTEXT_MISSING",
  "AWS_XRAY_DAEMON_ADDRESS",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
]);

/** The variables of an extension are those of the runtime but a few. */
export function extensionVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !hidden.has(name) && !name.startsWith("_")));
}
