import type { Endpoint } from "./exchange.ts";

/**
 * GET /2021-04-23/credentials: the role's credentials for functions with SnapStart, whose variables would be those of the snapshot. The SDKs' providers for
 * containers ask here. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials; refusals as in
 * https://github.com/aws/aws-lambda-runtime-interface-emulator (credentials.go).
 */
export const credentials: Endpoint = (exchange, { headers }, response) => {
  const { authorization = "" } = headers;
  if (authorization === "") return void response.writeHead(400).end();
  const found = exchange.listener.credentialsFor(authorization);
  if (!found) return void response.writeHead(404).end("cannot get credentials");
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = found;
  const body = {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Expiration: new Date(expiresAtMs).toISOString(),
    Token: sessionToken,
  };
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
};
