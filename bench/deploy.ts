import { resolve } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { zipFolder } from "../examples/zip-folder.ts";
import { clientSettings, type Server } from "./product.ts";
import type { Python } from "./python.ts";

export interface BenchFunction {
  name: string;
  runtime: "nodejs26.x" | "provided.al2023" | Python["runtime"];
  handler: string;
  /** Below `functions`. */
  folder: string;
  /** One processor's worth unless it says otherwise: smaller functions get a share of one, as on AWS. */
  memoryMb?: number;
  timeoutSeconds?: number;
}

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** Creates the functions and waits until they are active. In another region the role is there already: `isFirst` is false then. */
export async function deploy(
  server: Server,
  functions: readonly BenchFunction[],
  { region = "us-east-1", isFirst = true } = {},
): Promise<LambdaClient> {
  const settings = { ...clientSettings(server), region };
  const lambda = new LambdaClient(settings);
  if (isFirst) {
    const iam = new IAMClient(settings);
    await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: trust }));
    iam.destroy();
  }
  for (const { name, runtime, handler, folder, memoryMb = 1_769, timeoutSeconds = 30 } of functions) {
    const ZipFile = await zipFolder(resolve(import.meta.dirname, "functions", folder));
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime,
        Handler: handler,
        Role: "arn:aws:iam::000000000000:role/bench",
        Code: { ZipFile },
        MemorySize: memoryMb,
        Timeout: timeoutSeconds,
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 300, minDelay: 0.05, maxDelay: 0.5 }, { FunctionName: name });
  }
  return lambda;
}
