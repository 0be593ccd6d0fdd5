import { require } from "./builtins.mjs";

/** What goes on elsewhere while this thread stands still, as Node calls it: requests to its thread pool, processes, workers. */
const unfinished = /Req(?:Wrap|Callback|Promise)$|^(?:ProcessWrap|MessagePort|Worker|UDPWrap|FSEventWrap|StatWatcher)$|Job$/;
/** How many numbers Node draws ahead: so many calls leave none that was drawn before. */
const drawnAhead = { randomUUID: 128, randomInt: 1_024 };

/** @type {Native | undefined} */
let native;
/**
 * @typedef {object} NativeParts
 * @property {() => Outcome} serveForks
 * @property {() => Outcome} capture
 * @property {(text: string) => boolean} setTrace
 * @property {(code: number) => never} exit
 * @typedef {import("./channel.mjs").Transport & NativeParts} Native
 * @typedef {{ outcome: string, pid: number, seed: number }} Outcome the seed is for random numbers
 */

/**
 * @param {string} addon path of the native part
 * @returns {import("./channel.mjs").Transport} in fewer steps than Node's own
 */
export function loadNative(addon) {
  native = load(addon);
  // Of the shape that every transport has, or what was compiled for the others would be compiled again.
  const { receive, send } = native;
  return { receive, send };
}

/**
 * The variable that tells the AWS SDK and X-Ray's of the invocation's trace.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 * @param {string} traceId
 */
export function setTrace(traceId) {
  if (!native?.setTrace(traceId)) process.env._X_AMZN_TRACE_ID = traceId;
}

/**
 * Makes this process a fork server (docs/decisions/0013-fork-servers.md). Returns in each of its forks, in a sandbox and without rights, when all that Node
 * keeps about its process is that fork's own: Node itself does not know that it was forked.
 */
export function serveForks() {
  // Said with the flags that a fork server takes, not with those that a function would be started with.
  process.execArgv = [];
  // Loaded before, or each fork would spend 3 ms on it.
  const v8 = require("node:v8");
  // Nobody has asked for a random number yet: the first who does gets one that depends on the seed.
  becomeAnother(native.serveForks(), v8);
  endAtOnce(native.exit);
}

/**
 * Has the memory of this process captured, if that can be. Returns more than once then: here, and in each process that is made of the image
 * (docs/decisions/0018-snapstart.md).
 * @returns {string} `captured`, `restored`, or why it cannot be
 */
export function capture() {
  if (!native) return "there is no native part";
  const busy = process.getActiveResourcesInfo().find((name) => unfinished.test(name));
  if (busy !== undefined) return `something is not finished: ${busy}`;
  const random = unusedRandom();
  const outcome = native.capture();
  if (outcome.outcome !== "restored") return outcome.outcome;
  becomeAnother(outcome, require("node:v8"));
  Object.defineProperty(Math, "random", { value: random });
  const crypto = require("node:crypto");
  for (let count = 0; count < drawnAhead.randomUUID; count++) crypto.randomUUID();
  for (let count = 0; count < drawnAhead.randomInt; count++) crypto.randomInt(2);
  return "restored";
}

/**
 * A `Math.random` that nobody has used: it takes its seed when it is used first. Of the one that there is, all would go on where the image was made.
 * Garbage is collected on the way, so that it is neither in the image nor moved about in each process that is made of it.
 * @returns {() => number}
 */
function unusedRandom() {
  const { setFlagsFromString } = require("node:v8");
  setFlagsFromString("--expose-gc");
  const { random, collect } = require("node:vm").runInNewContext("({ random: Math.random, collect: gc })");
  setFlagsFromString("--no-expose-gc");
  collect();
  return Object.setPrototypeOf(random, Function.prototype);
}

/**
 * @param {Outcome} outcome
 * @param {typeof import("node:v8")} v8
 */
function becomeAnother({ pid, seed }, v8) {
  Object.defineProperty(process, "pid", { value: pid });
  v8.setFlagsFromString(`--random-seed=${seed}`);
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
