import { require } from "./builtins.mjs";

/**
 * Makes this process a fork server (docs/decisions/0013-fork-servers.md). Returns in each of its forks, in a sandbox and without rights, when all that Node
 * keeps about its process is that fork's own: Node itself does not know that it was forked.
 * @param {string} addon path of the native part
 */
export function serveForks(addon) {
  const { setFlagsFromString } = require("node:v8");
  const native = load(addon);
  // Said with the flags that a fork server takes, not with those that a function would be started with.
  process.execArgv = [];
  const { pid, seed } = native.serveForks();
  Object.defineProperty(process, "pid", { value: pid });
  // Nobody has asked for a random number yet: the first who does gets one that depends on this.
  setFlagsFromString(`--random-seed=${seed}`);
  endAtOnce(native.exit);
}

/** @param {string} addon */
function load(addon) {
  const module = { exports: /** @type {any} */ ({}) };
  process.dlopen(module, addon);
  return module.exports;
}

/**
 * The end of a Node process waits for its threads, which a fork does not have.
 * @param {(code: number) => never} exit
 */
function endAtOnce(exit) {
  Object.defineProperty(process, "reallyExit", { ...own(process, "reallyExit"), value: (/** @type {number} */ code) => exit(code ?? 0) });
  const { emit } = process;
  // Where nothing is left to do, or an error was caught by nobody, Node tells the listeners of "exit", and then ends by itself.
  const value = function (/** @type {any[]} */ ...parameters) {
    const result = Reflect.apply(emit, this, parameters);
    if (parameters[0] === "exit") exit(Number(process.exitCode ?? parameters[1] ?? 0));
    return result;
  };
  Object.defineProperty(process, "emit", { value, writable: true, configurable: true, enumerable: false });
}

/**
 * @param {object} target
 * @param {string} name
 */
const own = (target, name) => Object.getOwnPropertyDescriptor(target, name);
