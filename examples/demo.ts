/**
 * `npm run demo`: a Pilotlight of its own on a free port, the two hello examples deployed with the public SDK, invoked, and the commands
 * to do the same by hand.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvalidRuntimeException,
  InvokeCommand,
  LambdaClient,
  type Runtime,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zipFolder } from "./zip-folder.ts";

interface Example {
  name: string;
  folder: string;
  /** The first one that this machine can run is taken. */
  runtimes: Runtime[];
  handler: string;
}

const warmInvocations = 50;

const examples: Example[] = [
  { name: "hello-node", folder: "hello-node", runtimes: ["nodejs22.x"], handler: "index.handler" },
  {
    name: "hello-python",
    folder: "hello-python",
    runtimes: ["python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9"],
    handler: "app.handler",
  },
];

const trustPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

const say = (text = ""): void => void process.stdout.write(`${text}\n`);

/** Starts the product and resolves with its endpoint once it says that it is ready. */
async function startProduct(dataFolder: string): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const main = resolve(import.meta.dirname, "../src/main.ts");
  const product = spawn(process.execPath, [main, "--port", "0", "--data-dir", dataFolder], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<void>((done) => product.once("exit", () => done()));
  const stop = async (): Promise<void> => {
    product.kill("SIGTERM");
    await exited;
  };
  for await (const line of createInterface({ input: product.stdout })) {
    if (line.startsWith("ready ")) return { endpoint: line.slice("ready ".length), stop };
    say(line);
  }
  throw new Error("Pilotlight ended before it was ready");
}

/** Creates the function with the first of its runtimes that can be had here, and shows what it answers, cold and warm. */
async function show(lambda: LambdaClient, roleArn: string, example: Example): Promise<void> {
  const { name, handler } = example;
  const zip = await zipFolder(join(import.meta.dirname, example.folder));
  const invoke = () => lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ name: "world" }), LogType: "Tail" }));
  for (const runtime of example.runtimes) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime,
        Handler: handler,
        Role: roleArn,
        Code: { ZipFile: zip },
        Timeout: 10,
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300 }, { FunctionName: name });
    const coldStart = performance.now();
    try {
      const answer = await invoke();
      const coldMs = performance.now() - coldStart;
      say(`── ${name} (${runtime}) ──`);
      say(`answer   ${Buffer.from(answer.Payload!).toString()}`);
      for (const line of Buffer.from(answer.LogResult!, "base64").toString().trimEnd().split("\n")) say(`log      ${line}`);
      say(
        `latency  cold ${coldMs.toFixed(1)} ms, warm ${(await medianMs(invoke)).toFixed(2)} ms (median of ${warmInvocations}), as this client sees it\n`,
      );
      return;
    } catch (error) {
      if (!(error instanceof InvalidRuntimeException) || runtime === example.runtimes.at(-1)) throw error;
      await lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    }
  }
}

async function medianMs(action: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < warmInvocations; count++) {
    const started = performance.now();
    await action();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[warmInvocations >> 1]!;
}

function explain(): void {
  say("The same by hand, in another terminal, after npm start:");
  say(`
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  aws iam create-role --role-name hello --assume-role-policy-document '${trustPolicy}'
  (cd examples/hello-node && zip -q /tmp/hello.zip index.js)
  aws lambda create-function --function-name hello-node --runtime nodejs22.x --handler index.handler \\
      --role arn:aws:iam::000000000000:role/hello --zip-file fileb:///tmp/hello.zip
  aws lambda wait function-active-v2 --function-name hello-node
  echo '{"name":"world"}' > /tmp/event.json
  aws lambda invoke --function-name hello-node --payload fileb:///tmp/event.json \\
      --log-type Tail --query LogResult --output text /tmp/answer.json | base64 -d; cat /tmp/answer.json
  aws logs tail /aws/lambda/hello-node --follow
`);
}

const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-demo-"));
const product = await startProduct(dataFolder);
try {
  const settings = { endpoint: product.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const iam = new IAMClient(settings);
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "hello", AssumeRolePolicyDocument: trustPolicy }));
  const lambda = new LambdaClient(settings);
  for (const example of examples) {
    await show(lambda, Role!.Arn!, example).catch((error: Error) => {
      say(`could not be shown: ${error.message}\n`);
      process.exitCode = 1;
    });
  }
  explain();
} finally {
  await product.stop();
  await rm(dataFolder, { recursive: true, force: true });
}
