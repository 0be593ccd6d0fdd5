import { type CreateFunctionCommandInput, type InvokeCommandOutput, type Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { zipOf } from "./packages.ts";
import { accountId, roleArn } from "./product.ts";

/** The identifier whose interpreter every machine that runs the tests has: it starts them. */
export const nodeRuntime = "nodejs26.x";

/** The ARN of a function; of a version or alias of it, if the name ends with one. */
export const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:${accountId}:function:${name}`;

/** Creates a function from the source of its index.js (or index.mjs, if `settings.Handler` says so) and waits until it is active. */
export async function createFunction(
  lambda: Lambda,
  name: string,
  source: string,
  settings: Partial<CreateFunctionCommandInput> = {},
): Promise<void> {
  const zip = await zipOf({ "index.js": source });
  await lambda.createFunction({
    FunctionName: name,
    Runtime: nodeRuntime,
    Handler: "index.handler",
    Role: roleArn,
    Code: { ZipFile: zip },
    Timeout: 10,
    ...settings,
  });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: name });
}

/** A function with version 1 and the alias `live` of it. */
export async function createPublished(lambda: Lambda, name: string, source = "exports.handler = async () => 1;"): Promise<void> {
  await createFunction(lambda, name, source);
  await lambda.publishVersion({ FunctionName: name });
  await lambda.createAlias({ FunctionName: name, Name: "live", FunctionVersion: "1" });
}

/** An answer less what the SDK adds. */
export function bare<T extends { $metadata: unknown }>({ $metadata, ...members }: T): Omit<T, "$metadata"> {
  return members;
}

/** What a function answered: its payload as a value. */
export const payloadOf = (answer: InvokeCommandOutput): unknown => JSON.parse(Buffer.from(answer.Payload!).toString());

/** The tail of the log that came with an answer. */
export const tailOf = (answer: InvokeCommandOutput): string => Buffer.from(answer.LogResult ?? "", "base64").toString();

/** Calls until `isDone`, twenty times a second, for ten seconds at most unless told otherwise. */
export async function eventually<T>(call: () => Promise<T>, isDone: (value: T) => boolean, seconds = 10): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const value = await call();
    if (isDone(value)) return value;
    if (attempt === seconds * 20) throw new Error(`it did not come to pass; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
