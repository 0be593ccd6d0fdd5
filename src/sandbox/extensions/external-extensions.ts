import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Below the layers' folder: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
const folderName = "extensions";

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
