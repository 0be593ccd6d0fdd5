/** PyPI's Celery with queues as its broker: a worker with long polls, tasks that fail and are tried again, tasks for later. Needs `celery[sqs]`. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { eventually } from "#test/functions.ts";
import { type Product, startProduct } from "#test/product.ts";

const run = promisify(execFile);

const hasCelery = await run("python3", ["-c", "import celery, kombu.transport.SQS, boto3, pycurl"]).then(
  () => true,
  () => false,
);

const tasks = (port: string): string => `
from celery import Celery
app = Celery("tasks", broker="sqs://test:test@127.0.0.1:${port}/")
app.conf.broker_transport_options = {"region": "us-east-1", "is_secure": False, "visibility_timeout": 30, "wait_time_seconds": 5}
app.conf.update(task_default_queue="celery", worker_enable_remote_control=False, task_acks_late=True)

@app.task(bind=True, max_retries=2)
def add(self, a, b):
    with open("done", "a") as done:
        done.write(f"{a}+{b} {self.request.retries}\\n")
    if a == 7 and self.request.retries == 0:
        raise self.retry(countdown=1)
`;

const call = `
from tasks import add
for number in range(20):
    add.delay(number, 1)
add.apply_async((100, 1), countdown=1)
`;

describe("Celery", { skip: !hasCelery && "celery[sqs] is not installed here" }, () => {
  let product: Product;
  let folder: string;
  let worker: ChildProcess;

  before(async () => {
    product = await startProduct();
    folder = await mkdtemp(join(tmpdir(), "pilotlight-celery-"));
    await writeFile(join(folder, "tasks.py"), tasks(new URL(product.endpoint).port));
    const args = ["-m", "celery", "-A", "tasks", "worker", "-P", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"];
    worker = spawn("python3", args, { cwd: folder, env: environment(), stdio: "ignore" });
  });
  after(async () => {
    if (worker.exitCode === null && worker.kill("SIGKILL")) await once(worker, "exit");
    await product[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, C_FORCE_ROOT: "1" },
    ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" },
  });
  const done = async (): Promise<string[]> => (await readFile(join(folder, "done"), "utf8").catch(() => "")).split("\n").filter(Boolean);

  test("runs every task once, those for later later, tries again what fails, and leaves an empty queue", async () => {
    await run("python3", ["-c", call], { cwd: folder, env: environment() });
    const wanted = [...Array.from({ length: 20 }, (_, number) => `${number}+1 0`), "7+1 1", "100+1 0"].sort();
    await eventually(done, (lines) => lines.length >= wanted.length, 60);
    const { QueueUrl } = await product.sqs.getQueueUrl({ QueueName: "celery" });
    const counts = async (): Promise<string[]> => {
      const { Attributes } = await product.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
      return [Attributes!.ApproximateNumberOfMessages!, Attributes!.ApproximateNumberOfMessagesNotVisible!];
    };
    await eventually(counts, (each) => each.every((count) => count === "0"), 30);
    assert.deepEqual((await done()).sort(), wanted);
  });
});
