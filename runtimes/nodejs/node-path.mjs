import { require } from "./builtins.mjs";

const { existsSync } = require("node:fs");
const module = require("node:module");
const { delimiter } = require("node:path");
const { pathToFileURL } = require("node:url");

/**
 * Lets `import` find packages in the folders of NODE_PATH (layers, and the SDK of the runtime) as `require` does: AWS's runtime
 * does that too, Node by itself does not. Only what the usual resolution does not find is looked for there.
 */
export function resolveFromNodePath() {
  if (parentUrls().length === 0) return;
  if (module.registerHooks) module.registerHooks({ resolve: resolveNow });
  else module.register?.("./node-path-hook.mjs", import.meta.url);
}

/** URLs from which a package in a folder of NODE_PATH is found as if a file beside that folder had imported it. */
export function parentUrls() {
  return (process.env.NODE_PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder.endsWith("/node_modules") && existsSync(folder))
    .map((folder) => new URL("./import", pathToFileURL(folder)).href);
}

/** Whether the package is nowhere, rather than there and broken. */
export function isMissingPackage(specifier, error) {
  return error?.code === "ERR_MODULE_NOT_FOUND" && /^[^./][^:]*$/.test(specifier);
}

function resolveNow(specifier, context, nextResolve) {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!isMissingPackage(specifier, error)) throw error;
    for (const parentURL of parentUrls()) {
      try {
        return nextResolve(specifier, { ...context, parentURL });
      } catch {
        // The next folder may have it.
      }
    }
    throw error;
  }
}
