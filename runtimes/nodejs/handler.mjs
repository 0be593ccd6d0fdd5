import { require } from "./builtins.mjs";
import { RuntimeError } from "./errors.mjs";

const { statSync } = require("node:fs");
const { basename, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");

/** @typedef {(...parameters: any[]) => unknown} Handler */

/**
 * Finds the function that `_HANDLER` names: `folder/file.export`, where the export may be nested (`file.api.get`).
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 * @param {string} taskRoot folder of the customer's code
 * @param {string} name
 * @returns {Promise<Handler>}
 */
export async function loadHandler(taskRoot, name) {
  if (name.includes("..")) {
    throw new RuntimeError(
      "MalformedHandlerName",
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const file = basename(name);
  const dot = file.indexOf(".");
  if (dot < 0) throw new RuntimeError("MalformedHandlerName", "Bad handler");

  const folder = join(taskRoot, name.slice(0, name.lastIndexOf(file)));
  const module = await loadModule(taskRoot, folder, file.slice(0, dot));
  const exportPath = file.slice(dot + 1).split(".");
  const handler = find(module, exportPath) || find(module.default, exportPath);
  if (!handler) throw new RuntimeError("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${name} is not a function`);
  return handler;
}

async function loadModule(taskRoot, folder, name) {
  try {
    for (const extension of ["", ".js", ".mjs", ".cjs", "/index.js"]) {
      const path = resolve(folder, name + extension);
      // `import` loads modules of both kinds, and those that await at their top level.
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) return await import(pathToFileURL(path).href);
    }
    return require(require.resolve(name, { paths: [taskRoot, folder] }));
  } catch (error) {
    throw explained(error);
  }
}

/** The errors of loading that have a name of their own keep the text and the stack of their cause. */
function explained(error) {
  if (error instanceof SyntaxError) {
    return Object.assign(new RuntimeError("UserCodeSyntaxError", String(error)), { stack: error.stack });
  }
  if (error?.code === "MODULE_NOT_FOUND") return new RuntimeError("ImportModuleError", String(error));
  return error;
}

function find(module, path) {
  return path.reduce((value, key) => value?.[key], module);
}
