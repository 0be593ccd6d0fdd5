/**
 * The writer's thread: it owns the one connection that writes. Each message is a group of units, answered by their outcomes once they are
 * on disk; `null` closes the connection, which moves the write-ahead log into the database, and ends the thread.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Connection } from "./connection.ts";
import { commitTogether } from "./group-commit.ts";
import { packOutcomes, type PackedGroup, unpackUnits } from "./packed-group.ts";

const { path } = workerData as { path: string };
const connection = Connection.forWriting(path);
const port = parentPort!;

port.on("message", (group: PackedGroup | null) => {
  if (group !== null) return port.postMessage(packOutcomes(commitTogether(connection, unpackUnits(group))));
  connection[Symbol.dispose]();
  port.close();
});
port.postMessage("open");
