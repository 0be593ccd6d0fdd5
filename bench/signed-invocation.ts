import { InvokeCommand, type InvocationType, LambdaClient } from "@aws-sdk/client-lambda";
import { clientSettings, type Server } from "./product.ts";

/** A signed request's bytes, taken from a real client; they are good for a quarter of an hour. The client has sent them, too, unless told not to. */
export async function signedInvocation(
  server: Pick<Server, "port">,
  name: string,
  payload: string,
  type: InvocationType = "RequestResponse",
  { region = "us-east-1", isSent = true } = {},
): Promise<Buffer> {
  const lambda = new LambdaClient({ ...clientSettings(server), region });
  let bytes: Buffer | undefined;
  lambda.middlewareStack.add(
    (next) => (args) => {
      const { method, path, headers } = args.request as { method: string; path: string; headers: Record<string, string> };
      const lines = Object.entries({ ...headers, "content-length": String(payload.length) }).map(
        ([header, value]) => `${header}: ${value}`,
      );
      bytes = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${payload}`);
      return isSent ? next(args) : Promise.resolve({ response: {}, output: { $metadata: {} } });
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: type, Payload: payload }));
  lambda.destroy();
  return bytes!;
}
