/**
 * Runtimes of customers' own that abuse the Runtime API, on every driver: a program of a shell speaks to its socket byte by byte. The abuse is refused
 * or comes to nothing, and the environment serves the next invocation as if nothing had been.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { createFunction, payloadOf } from "#test/functions.ts";
import { type IsolatingDriver, isolatingDrivers } from "#test/oci.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

const bash = "/bin/bash";

/** Does what its event says, notes the statuses that it is answered with, and tells them when asked to. */
const bootstrap = `#!${bash}
api=/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}
statuses=

# Reads an answer from descriptor 3 into status, id and text.
hear() {
  local line
  status=none id=
  IFS=' ' read -r _ status _ <&3
  while IFS= read -r line && [ -n "\${line%$'\\r'}" ]; do
    case \${line,,} in lambda-runtime-aws-request-id:*) id=\${line#*: } id=\${id%$'\\r'} ;; esac
  done <&3
  text=$(cat <&3)
  exec 3>&-
}
# METHOD PATH LENGTH [HEADER]
head_of() { printf '%s /2018-06-01/runtime/%s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n%s\\r\\n' "$@" >&3; }
call() {
  exec 3<>$api
  head_of "$1" "$2" "\${#3}"
  printf '%s' "$3" >&3
  hear
}
note() { call "$@"; statuses+=\${statuses:+,}\${status:-none}; }
respond() { call POST invocation/$own/response "$1"; }

tell() { respond "\\"$statuses\\""; statuses=; }
garbage() { exec 3<>$api; printf '\\0garbage\\r\\n\\r\\n' >&3; cat <&3 >/dev/null; exec 3>&-; tell; }
foreign() { for other in 00000000-0000-4000-8000-000000000000 .. %00; do note POST invocation/$other/response 1; done; tell; }
paths() { note GET nothing; note DELETE invocation/next; note POST init/error '{}'; tell; }
double() { for part in response response error; do note POST invocation/$own/$part '"'$part'"'; done; }
# LENGTH
large() {
  exec 3<>$api
  head_of POST invocation/$own/response $1
  head -c $1 /dev/zero >&3 2>/dev/null
  hear
  statuses+=\${status:-none}
}
oversized() { large 7000000; }
endless() { large 10737418240; statuses=; }
headers() {
  exec 3<>$api
  head_of GET invocation/next 0 "X: $(head -c 2000000 /dev/zero | tr '\\0' x)"$'\\r\\n' 2>/dev/null
  hear
  statuses+=\${status:-none}
  tell
}
slow() {
  for n in {1..50}; do exec {held}<>$api; printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n"' $own >&$held; done
  tell
}
hurried() { :; }

trap '' PIPE
while :; do
  call GET invocation/next ''
  own=$id
  \${text//\\"/}
done
`;

for (const { isolation, skip } of [{ isolation: "none", skip: false } as const, ...isolatingDrivers] satisfies Array<
  Omit<IsolatingDriver, "isolation"> & { isolation: string }
>)
  describe(`a runtime on ${isolation} that`, { skip: skip || (!existsSync(bash) && "takes bash") }, () => {
    let product: Product;

    before(async () => {
      product = await startProduct({}, "--isolation", isolation);
      await createFunction(product.lambda, "custom", "", {
        Runtime: "provided.al2023",
        Handler: "any",
        ...{ Timeout: 5, MemorySize: 1769 },
        Code: { ZipFile: await zipOf({ bootstrap }, 0o100755) },
      });
      await createFunction(product.lambda, "neighbour", "let count = 0; exports.handler = async () => ++count;");
    });
    after(() => product[Symbol.asyncDispose]());

    let visits = 0;
    afterEach(async () => {
      const answer = await product.lambda.invoke({ FunctionName: "neighbour" });
      assert.equal(payloadOf(answer), ++visits, "the neighbour suffers");
      assert.equal(await invoke("tell"), "", "its next invocation suffers");
    });

    /** With the log's tail, for which the answer waits until the environment can be used again: one serves all. */
    const invoke = async (act: string): Promise<unknown> =>
      payloadOf(await product.lambda.invoke({ FunctionName: "custom", Payload: JSON.stringify(act), LogType: "Tail" }));
    const faultOf = async (act: string): Promise<string> => ((await invoke(act)) as { errorType: string }).errorType;

    test("sends what is no HTTP", async () => assert.equal(await invoke("garbage"), ""));
    test("answers the requests of others", async () => assert.equal(await invoke("foreign"), "400,400,400"));
    test("asks for what there is not", async () => assert.equal(await invoke("paths"), "404,405,403"));
    test("answers twice, and then once more", async () => {
      assert.equal(await invoke("double"), "response");
      assert.equal(await invoke("tell"), "202,403,403");
    });
    test("answers with more than 6 MB", async () => {
      assert.equal(await faultOf("oversized"), "Function.ResponseSizeTooLarge");
      assert.equal(await invoke("tell"), "413");
    });
    test("answers with 10 GB", async () => assert.equal(await faultOf("endless"), "Function.ResponseSizeTooLarge"));
    test("sends two megabytes of headers", async () => assert.equal(await invoke("headers"), "431"));
    test("begins fifty answers and ends none", async () => assert.equal(await invoke("slow"), ""));
    test("asks for more before it has answered", async () => assert.equal(await faultOf("hurried"), "Sandbox.Timedout"));
  });
