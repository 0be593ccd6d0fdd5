/**
 * Two functions with extensions in Node.js, Python and the shell, which see their invocations and their end. README.md has the same as commands.
 * Against a running Pilotlight, with the variables of the README set:
 *
 *     node examples/extensions/story.ts arn:aws:iam::000000000000:role/watched
 */
import { join } from "node:path";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { Lambda, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { zipFolder } from "../zip-folder.ts";

interface Scene {
  lambda: Lambda;
  logs: CloudWatchLogs;
  roleArn: string;
  pythonRuntime?: Runtime;
}

const folder = (name: string): Promise<Buffer> => zipFolder(join(import.meta.dirname, name));

/** Plays the story and resolves with what the extensions said. */
export async function playExtensions({ lambda, logs, roleArn, pythonRuntime = "python3.12" }: Scene): Promise<string[]> {
  const layer = async (name: string): Promise<string> =>
    (await lambda.publishLayerVersion({ LayerName: name, Content: { ZipFile: await folder(name) } })).LayerVersionArn as string;
  const [node, python, shell] = await Promise.all(["node", "python", "shell"].map(layer));
  const functions = [
    { FunctionName: "watched-node", Runtime: "nodejs26.x" as Runtime, Handler: "index.handler", Layers: [node, shell] as string[] },
    { FunctionName: "watched-python", Runtime: pythonRuntime, Handler: "app.handler", Layers: [python] as string[] },
  ];
  const said: string[] = [];
  for (const settings of functions) {
    const { FunctionName } = settings;
    await lambda.createFunction({ ...settings, Role: roleArn, Timeout: 30, Code: { ZipFile: await folder("function") } });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }, { FunctionName });
    // With its log, an answer comes when extensions are done, too: so one environment serves both.
    for (const name of ["Ada", "Grace"])
      await lambda.invoke({ FunctionName, LogType: "Tail", Payload: Buffer.from(JSON.stringify({ name })) });
    // Its environments end with it, and are told so.
    await lambda.deleteFunction({ FunctionName });
    said.push(...(await extensionLines(logs, `/aws/lambda/${FunctionName}`)));
  }
  return said;
}

/** As soon as the last of them is there. */
async function extensionLines(logs: CloudWatchLogs, logGroupName: string): Promise<string[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { events = [] } = await logs.filterLogEvents({ logGroupName }).catch(() => ({ events: [] }));
    const lines = events.map(({ message = "" }) => message.trim()).filter((message) => /^(tally|witness|greeter): /.test(message));
    const enders = [/^tally: \d/, /ends: /, /goodbye/].filter((pattern) => lines.some((line) => pattern.test(line)));
    if (enders.length === (logGroupName.endsWith("python") ? 1 : 2)) return lines;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the extensions did not say that they end");
}

if (import.meta.main) {
  const [roleArn] = process.argv.slice(2);
  if (roleArn === undefined) throw new Error("which role shall the functions have? its ARN is the first argument");
  console.log((await playExtensions({ lambda: new Lambda({}), logs: new CloudWatchLogs({}), roleArn })).join("\n"));
}
