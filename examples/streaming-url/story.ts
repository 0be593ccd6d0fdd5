/**
 * A function with a URL that answers word by word. README.md has the same as commands. Against a running Pilotlight, with the variables of the
 * README set:
 *
 *     node examples/streaming-url/story.ts arn:aws:iam::000000000000:role/teller
 */
import { request } from "node:http";
import { join } from "node:path";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { zipFolder } from "../zip-folder.ts";

interface Scene {
  lambda: Lambda;
  roleArn: string;
}

const FunctionName = "teller";

/** Plays the story and resolves with the pieces of the answer, as they came. */
export async function playStreamingUrl({ lambda, roleArn }: Scene): Promise<string[]> {
  await lambda.createFunction({
    FunctionName,
    Runtime: "nodejs26.x",
    Handler: "index.handler",
    Role: roleArn,
    Timeout: 30,
    Code: { ZipFile: await zipFolder(join(import.meta.dirname, "teller")) },
  });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }, { FunctionName });
  const everybody = { FunctionName, Principal: "*" };
  await lambda.addPermission({ ...everybody, StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
  await lambda.addPermission({ ...everybody, StatementId: "function", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
  const { FunctionUrl } = await lambda.createFunctionUrlConfig({ FunctionName, AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" });
  return read(`${FunctionUrl}?words=the+flame+that+always+burns`);
}

/** Names below localhost are this machine, which not every resolver knows. */
function read(url: string): Promise<string[]> {
  const { host, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { hostname: "127.0.0.1", port, path: pathname + search, headers: { host }, agent: false };
    const outgoing = request(options, (response) => {
      const pieces: string[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece.toString()));
      response.on("end", () => resolve(pieces)).on("error", reject);
    });
    outgoing.on("error", reject).end();
  });
}

if (import.meta.main) {
  const [roleArn] = process.argv.slice(2);
  if (roleArn === undefined) throw new Error("which role shall the function have? its ARN is the first argument");
  console.log((await playStreamingUrl({ lambda: new Lambda({}), roleArn })).join(""));
}
