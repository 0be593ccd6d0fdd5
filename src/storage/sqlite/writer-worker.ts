/**
 * The writer's thread: it owns the one connection that writes. Each message is an array of units, answered by an array of outcomes
 * once they are on disk; `null` closes the connection, which moves the write-ahead log into the database, and ends the thread.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Connection } from "./connection.ts";
import { commitTogether } from "./group-commit.ts";
import type { PlainUnit } from "./units.ts";

const { path } = workerData as { path: string };
const connection = Connection.forWriting(path);
const port = parentPort!;

port.on("message", (units: readonly PlainUnit[] | null) => {
  if (units !== null) return port.postMessage(commitTogether(connection, units));
  connection[Symbol.dispose]();
  port.close();
});
port.postMessage("open");
