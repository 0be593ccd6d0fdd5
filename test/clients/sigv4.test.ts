/** Signers that are not ours and speak real HTTP: curl's own and botocore's. The SDK's is tested beside the source. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { SigningKeys } from "#wire/auth/signing-keys.ts";
import { verifyRequest } from "#wire/auth/sigv4.ts";
import { rootPrincipal } from "#wire/principal.ts";

const run = promisify(execFile);
const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** Answers `signed`, or why not. Paths that begin with /s3/ are for S3, others for Lambda. */
let server: Server;
let origin: string;

before(async () => {
  server = createServer((request, response) => {
    void answer(request).then((text) => response.end(text));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => void server.close());

const keys = new SigningKeys();

async function answer(incoming: IncomingMessage): Promise<string> {
  const body = await buffer(incoming);
  const [path, query = ""] = incoming.url!.split("?", 2) as [string, string?];
  try {
    const verified = await verifyRequest(
      {
        method: incoming.method!,
        path,
        query,
        headers: incoming.headers,
        bodySha256: () => createHash("sha256").update(body).digest("hex"),
      },
      {
        credentials: { find: () => ({ status: "valid", secretAccessKey, principal: rootPrincipal("123456789012") }) },
        keys,
        clock: systemClock,
        protocol: "restJson1",
        signingName: path.startsWith("/s3/") ? "s3" : "lambda",
      },
    );
    return verified.kind;
  } catch (error) {
    return String(error);
  }
}

test("curl --aws-sigv4", async (t) => {
  const version = await run("curl", ["--version"]).then(
    ({ stdout }) => /^curl (\d+\.\d+)/.exec(stdout)?.[1],
    () => undefined,
  );
  // Older ones sign no headers of the user's.
  if (version === undefined || version.localeCompare("7.88", "en", { numeric: true }) < 0)
    return t.skip(`needs curl 7.88, found ${version ?? "none"}`);
  const curl = async (path: string, secret: string, ...options: string[]): Promise<string> => {
    const identity = ["--aws-sigv4", "aws:amz:eu-west-1:lambda", "--user", `${accessKeyId}:${secret}`];
    return (await run("curl", ["--silent", "--noproxy", "*", ...identity, ...options, `${origin}${path}`])).stdout;
  };
  assert.equal(await curl("/2015-03-31/functions/", secretAccessKey), "signed");
  assert.equal(await curl("/2015-03-31/functions/?Marker=x&MaxItems=5", secretAccessKey), "signed");
  assert.equal(
    await curl("/2015-03-31/functions/f/invocations", secretAccessKey, "--data", "{}", "--header", "x-amz-log-type: Tail"),
    "signed",
  );
  assert.equal(await curl("/", secretAccessKey, "--request", "PUT", "--header", "x-amz-note:  à   ሴ "), "signed");
  assert.match(await curl("/2015-03-31/functions/", "wrong"), /^InvalidSignatureException/);
});

const botocoreScript = `
import sys
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

origin, access_key, secret_key = sys.argv[1:]
session = URLLib3Session()

def send(signer, path, token=None, method="GET", service="lambda", secret=secret_key, **request):
    request = AWSRequest(method, origin + path, **request)
    signer(Credentials(access_key, secret, token), service, "eu-west-1").add_auth(request)
    print(session.send(request.prepare()).text)

for token in (None, "a/b+c=="):
    for signer in (SigV4Auth, SigV4QueryAuth):
        send(signer, "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/x", token)
        send(signer, "/a%2Fb/./c/../d//e%20f/%E1%88%B4/~/", token)
        send(signer, "/tags?key=b&key=a&empty=&z=%C3%9F%20%2B", token) if signer is SigV4Auth else None
    for signer in (S3SigV4Auth, S3SigV4QueryAuth):
        send(signer, "/s3/a%20b//c/../%E1%88%B4/%28x%29", token, service="s3")
    send(SigV4Auth, "/invoke", token, "POST", data=b'{"a": 1}', headers={"Content-Type": "application/json", "x-amz-note": " a   b "})
    send(S3SigV4Auth, "/s3/key", token, "PUT", service="s3", data=b"body", headers={"x-amz-meta-a": "b"})
send(SigV4Auth, "/", secret="wrong")
`;

test("botocore's signers", async (t) => {
  const hasBotocore = await run("python3", ["-c", "import botocore"]).then(
    () => true,
    () => false,
  );
  if (!hasBotocore) return t.skip("needs python3 with botocore");
  const { stdout } = await run("python3", ["-c", botocoreScript, origin, accessKeyId, secretAccessKey]);
  const answers = stdout.trim().split("\n");
  assert.match(answers.pop()!, /^InvalidSignatureException/);
  assert.deepEqual(
    answers,
    Array.from({ length: 18 }, () => "signed"),
  );
});
