/** Appends to the logs in a folder, telling each number once it is on disk, until it is killed. Run as `node append-until-killed.ts FOLDER`. */
import { systemClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { openAppendLogs } from "#storage/append-log.ts";

const logs = await openAppendLogs(process.argv[2]!, { clock: systemClock, log: silentLog, segmentBytes: 64 * 1024 });
const log = logs.log("events");
let next = 0;

async function appendForever(stream: string): Promise<never> {
  for (;;) {
    const number = next++;
    await log.append(
      { stream, ingestionMs: number, events: [{ timestampMs: number, message: `event ${number} ${"x".repeat(200)}` }] },
      "whenOnDisk",
    );
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(["a", "b", "c", "d"].map(appendForever));
