/**
 * What we use of node:http. An `import` of that module reads each of its exports, and one of them is WebSocket: with it Node loads a whole HTTP client,
 * 40 ms of a start's 500, which nothing here has a use for. Asked for this way the module gives what is asked for, and nothing else.
 * https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
import type * as http from "node:http";

export const { Agent, createServer, request, Server, STATUS_CODES } = process.getBuiltinModule("node:http");
export type Agent = http.Agent;
export type Server = http.Server;
