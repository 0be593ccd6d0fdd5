/**
 * `npm run bench:events`: how many asynchronous events are accepted, each on disk before its answer, beside what the disk itself can do; how
 * soon a lone message of a queue reaches its function; how fast a backlog is drained; what waiting events and messages cost in memory. Figures of one run belong together.
 */
import { createSocket } from "node:dgram";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { zipFolder } from "../examples/zip-folder.ts";
import { measureLoad } from "./load-client.ts";
import { memoryOf } from "./process-figures.ts";
import { clientSettings, type Server, startPilotlight } from "./product.ts";
import { writeSection } from "./report.ts";
import { signedInvocation } from "./signed-invocation.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    lone: { type: "string", default: "100" },
    messages: { type: "string", default: "100000" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const messageCount = Number(values.messages);
const connections = 64;
const payload = JSON.stringify({ text: "x".repeat(1_000) });
const accountId = "000000000000";

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const at = (numbers: readonly number[], fraction: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * fraction))]!;

/** Writes of 1 KB, each synced, per second. */
function measureDisk(): number {
  const folder = mkdtempSync(join(tmpdir(), "pilotlight-bench-disk-"));
  const file = openSync(join(folder, "file"), "w");
  const block = Buffer.alloc(1_024, "x");
  let count = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1_000) {
    writeSync(file, block);
    fdatasyncSync(file);
    count++;
  }
  const perSecond = count / ((performance.now() - startedMs) / 1_000);
  closeSync(file);
  rmSync(folder, { recursive: true });
  return perSecond;
}

/** What the function reports: by UDP, which costs it next to nothing. */
class Sink {
  readonly #socket = createSocket("udp4");
  records = 0;
  batches = 0;
  firstMs = 0;
  lastMs = 0;
  delaysMs: number[] = [];

  async open(): Promise<string> {
    this.#socket.on("message", (message) => {
      const [count, delayMs] = message.toString().split(" ").map(Number);
      this.lastMs = performance.now();
      if (this.records === 0) this.firstMs = this.lastMs;
      this.records += count!;
      this.batches++;
      this.delaysMs.push(delayMs!);
    });
    await new Promise<void>((done) => this.#socket.bind(0, "127.0.0.1", done));
    this.#socket.setRecvBufferSize(4 * 1024 * 1024);
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  reset(): void {
    this.records = 0;
    this.batches = 0;
    this.delaysMs = [];
  }

  /** Rejects when nothing comes for half a minute. */
  async reaches(count: number): Promise<void> {
    this.lastMs = performance.now();
    while (this.records < count) {
      if (performance.now() - this.lastMs > 30_000) throw new Error(`${count - this.records} of ${count} records did not come`);
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  close(): void {
    this.#socket.close();
  }
}

class Bench {
  readonly server: Server;
  readonly lambda: Lambda;
  readonly sqs: SQS;
  readonly sink = new Sink();
  /** Of the product alone, in bytes, by what waited then. */
  readonly memory = new Map<string, number>();
  #acceptedEvents = 0;

  constructor(server: Server) {
    this.server = server;
    this.lambda = new Lambda(clientSettings(server));
    this.sqs = new SQS(clientSettings(server));
  }

  async deploy(): Promise<void> {
    const sink = await this.sink.open();
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    const iam = new IAM(clientSettings(this.server));
    const { Role } = await iam.createRole({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify(trust) });
    const ZipFile = await zipFolder(resolve(import.meta.dirname, "functions/report-events"));
    for (const [FunctionName, Handler, Timeout] of [
      ["report", "index.handler", 30],
      ["slow", "index.slow", 900],
    ] as const) {
      const settings = { FunctionName, Handler, Timeout, Runtime: "nodejs22.x", Role: Role!.Arn, MemorySize: 1_769 } as const;
      await this.lambda.createFunction({ ...settings, Code: { ZipFile }, Environment: { Variables: { SINK: sink } } });
      await waitUntilFunctionActiveV2({ client: this.lambda, maxWaitTime: 300 }, { FunctionName });
    }
    await this.lambda.putFunctionConcurrency({ FunctionName: "slow", ReservedConcurrentExecutions: 1 });
  }

  noteMemory(waiting: string): void {
    this.memory.set(waiting, memoryOf([this.server.pid]).pssBytes);
  }

  get acceptedEvents(): number {
    return this.#acceptedEvents;
  }

  /** Events per second that were answered with 202. */
  async measureAccepts(connectionCount: number): Promise<number> {
    const request = await signedInvocation(this.server, "slow", payload, "Event");
    const loads: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { perSecond, requestCount } = await measureLoad(this.server.port, request, connectionCount, seconds);
      loads.push(perSecond);
      this.#acceptedEvents += requestCount;
    }
    return median(loads);
  }

  async map(queue: string, batchSize: number): Promise<string> {
    const { UUID } = await this.lambda.createEventSourceMapping({
      FunctionName: "report",
      EventSourceArn: `arn:aws:sqs:us-east-1:${accountId}:${queue}`,
      BatchSize: batchSize,
      ...(batchSize > 10 && { MaximumBatchingWindowInSeconds: 1 }),
    });
    for (;;) {
      if ((await this.lambda.getEventSourceMapping({ UUID })).State === "Enabled") return UUID!;
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async measureLone(): Promise<number[]> {
    const { QueueUrl } = await this.sqs.createQueue({ QueueName: "lone" });
    const UUID = await this.map("lone", 10);
    for (let number = 0; number <= Number(values.lone); number++) {
      await this.sqs.sendMessage({ QueueUrl, MessageBody: stamped("") });
      await this.sink.reaches(number + 1);
      await new Promise((done) => setTimeout(done, 20));
    }
    await this.lambda.deleteEventSourceMapping({ UUID });
    // The first one had to wait for an environment.
    const delays = this.sink.delaysMs.slice(1);
    this.sink.reset();
    return delays;
  }

  async measureDrain(batchSize: number): Promise<{ perSecond: number; batches: number }> {
    const queue = `drain-${batchSize}`;
    const { QueueUrl } = await this.sqs.createQueue({ QueueName: queue });
    let left = messageCount;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while ((left -= 10) >= 0) {
          const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: stamped("x".repeat(100)) }));
          await this.sqs.sendMessageBatch({ QueueUrl, Entries });
        }
      }),
    );
    this.noteMemory(`${messageCount} messages in a queue`);
    const UUID = await this.map(queue, batchSize);
    await this.sink.reaches(messageCount);
    const { firstMs, lastMs } = this.sink;
    const result = { perSecond: messageCount / ((lastMs - firstMs) / 1_000), batches: this.sink.batches };
    await this.lambda.deleteEventSourceMapping({ UUID });
    this.sink.reset();
    return result;
  }
}

const stamped = (rest: string): string => `${process.hrtime.bigint().toString().padStart(20, "0")}${rest}`;

async function run(): Promise<void> {
  // Where nothing is kept apart functions reach the sink.
  const server = await startPilotlight(["--isolation", "none"]);
  const bench = new Bench(server);
  try {
    await bench.deploy();
    const lone = await bench.measureLone();
    bench.noteMemory("nothing");
    const drains = { 10: await bench.measureDrain(10), 100: await bench.measureDrain(100) };
    const diskPerSecond = measureDisk();
    const oneByOne = await bench.measureAccepts(1);
    const together = await bench.measureAccepts(connections);
    bench.noteMemory(`${bench.acceptedEvents} events`);
    const rows = [
      ["bare disk: writes of 1 KB per second, each synced", diskPerSecond.toFixed(0)],
      ["events of 1 KB accepted per second, 1 connection: each waits for a sync of its own", oneByOne.toFixed(0)],
      [`events of 1 KB accepted per second, ${connections} connections: one sync for all that wait`, together.toFixed(0)],
      ["the same as a multiple of the disk's rate", (together / diskPerSecond).toFixed(1)],
      [`a lone message from send to handler, median of ${lone.length}`, `${median(lone).toFixed(1)} ms`],
      ["the same, 99th percentile", `${at(lone, 0.99).toFixed(1)} ms`],
      ...Object.entries(drains).map(([size, { perSecond, batches }]) => [
        `messages per second from a backlog of ${messageCount}, batches of ${size} (there were ${batches})`,
        perSecond.toFixed(0),
      ]),
      ...[...bench.memory].map(([waiting, bytes]) => [
        `memory of the product (PSS), waiting: ${waiting}`,
        `${(bytes / 2 ** 20).toFixed(0)} MB`,
      ]),
    ];
    const lines = [
      `Node ${process.version}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date(Date.now()).toISOString().slice(0, 10)}; client, server and functions share the cores.`,
      "",
      "| measure | figure |",
      "|---|---|",
      ...rows.map((cells) => `| ${cells.join(" | ")} |`),
    ];
    await writeSection("Events and queues", lines.join("\n"));
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    bench.sink.close();
    await server.stop();
  }
}

await run();
