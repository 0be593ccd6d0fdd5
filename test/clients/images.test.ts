/** Functions that are container images: from an OCI layout and from a registry, through the real client, run by runc. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CreateFunctionCommandInput, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { eventually, payloadOf, tailOf } from "#test/functions.ts";
import { ociReason } from "#test/oci.ts";
import { addImage, nodeImage } from "#test/oci-layouts.ts";
import { pushImage, startRealRegistry } from "#test/real-registry.ts";
import { type Product, roleArn, startProduct } from "#test/product.ts";

const handlers = `
  import { readFileSync, writeFileSync, readdirSync, existsSync } from "node:fs";
  export const handler = async (event) => {
    if (event.fail) throw new TypeError("as asked");
    writeFileSync("/tmp/mark", "x");
    const outcome = (path) => { try { writeFileSync(path, "x"); return "written"; } catch (error) { return error.code; } };
    return {
      event, cwd: process.cwd(), uid: process.getuid(), args: process.argv.slice(2),
      variables: Object.fromEntries(["FROM_IMAGE", "OWN", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER"].map((name) => [name, process.env[name]])),
      root: outcome("/escape"), app: outcome("/app/escape"), hasUsers: existsSync("/etc/shadow"), mark: readdirSync("/tmp").includes("mark"),
    };
  };
  export const second = async () => "the other handler";`;

const reason = await ociReason();

describe("a function from a container image", { skip: reason ?? false }, () => {
  let product: Product;
  let folder: string;
  let layout: string;
  let digest: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pilotlight-images-"));
    layout = join(folder, "allowed", "app");
    await mkdir(layout, { recursive: true });
    digest = await addImage(layout, "1", await nodeImage(handlers));
    product = await startProduct({}, "--isolation", "oci", "--image-folder", join(folder, "allowed"));
  });

  after(async () => {
    await product[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function create(name: string, uri: string, settings: Partial<CreateFunctionCommandInput> = {}) {
    await product.lambda.createFunction({
      FunctionName: name,
      PackageType: "Image",
      Code: { ImageUri: uri },
      Role: roleArn,
      Timeout: 10,
      MemorySize: 256,
      ...settings,
    });
    const { Configuration } = await eventually(
      () => product.lambda.getFunction({ FunctionName: name }),
      ({ Configuration: shown }) => shown?.State !== "Pending",
      60,
    );
    return Configuration!;
  }

  const invoke = async (name: string, event: unknown = {}) =>
    product.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });

  test("starts the extensions of its image", async () => {
    const extension = `#!/usr/bin/node
      const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension/";
      (async () => {
        const answer = await fetch(api + "register", { method: "POST", body: '{"events":["INVOKE"]}', headers: { "Lambda-Extension-Name": "seer" } });
        const headers = { "Lambda-Extension-Identifier": answer.headers.get("lambda-extension-identifier") };
        for (;;) console.log("seer: " + (await (await fetch(api + "event/next", { headers })).json()).eventType);
      })();`;
    const { layers, config } = await nodeImage("export const handler = async () => 'seen';");
    const image = { layers: [...layers, [{ path: "opt/extensions/seer", content: extension, mode: 0o755 }]], ...(config && { config }) };
    await addImage(layout, "extended", image);
    await create("extended", `oci:${layout}:extended`, { Timeout: 30 });
    const answer = await invoke("extended");
    assert.equal(payloadOf(answer), "seen");
    assert.match(tailOf(answer), /^seer: INVOKE$/m);
    await product.lambda.deleteFunction({ FunctionName: "extended" });
  });

  test("runs as its image says, without rights and with a /tmp of its own", async () => {
    const configuration = await create("plain", `oci:${layout}:1`, { Environment: { Variables: { OWN: "1" } } });
    assert.deepEqual([configuration.State, configuration.StateReason, configuration.PackageType], ["Active", undefined, "Image"]);
    assert.equal(`sha256:${configuration.CodeSha256}`, digest);
    assert.deepEqual([configuration.Runtime, configuration.Handler, configuration.ImageConfigResponse], [undefined, undefined, undefined]);
    const { Code } = await product.lambda.getFunction({ FunctionName: "plain" });
    assert.deepEqual(Code, { RepositoryType: "ECR", ImageUri: `oci:${layout}:1`, ResolvedImageUri: `oci:${layout}@${digest}` });
    const answer = await invoke("plain", { a: 1 });
    const { uid, ...seen } = payloadOf(answer) as { uid: number };
    assert.ok(uid >= 0x7000_0000, `runs as ${uid}`);
    assert.deepEqual(seen, {
      event: { a: 1 },
      cwd: "/app",
      args: ["handler"],
      variables: { FROM_IMAGE: "yes", OWN: "1", AWS_EXECUTION_ENV: "AWS_Lambda_Image", AWS_LAMBDA_FUNCTION_NAME: "plain" },
      root: "EROFS",
      app: "EROFS",
      hasUsers: false,
      mark: true,
    });
    assert.match(tailOf(answer), /^START .*\nEND .*\nREPORT .*Max Memory Used: [1-9]\d* MB/);
  });

  test("passes on the errors of its handler", async () => {
    const answer = await invoke("plain", { fail: true });
    assert.deepEqual([answer.FunctionError, payloadOf(answer)], ["Unhandled", { errorType: "TypeError", errorMessage: "as asked" }]);
  });

  test("runs as its ImageConfig says", async () => {
    const ImageConfig = { Command: ["second"] };
    const { ImageConfigResponse } = await create("overridden", `oci:${layout}:1`, { ImageConfig });
    assert.deepEqual(ImageConfigResponse, { ImageConfig });
    assert.equal(payloadOf(await invoke("overridden")), "the other handler");
    await configure("overridden", { EntryPoint: ["/usr/bin/node", "/app/client.mjs"], Command: ["handler"], WorkingDirectory: "/tmp" });
    assert.equal((payloadOf(await invoke("overridden")) as { cwd: string }).cwd, "/tmp");
  });

  async function configure(FunctionName: string, ImageConfig: CreateFunctionCommandInput["ImageConfig"]): Promise<void> {
    await product.lambda.updateFunctionConfiguration({ FunctionName, ImageConfig });
    await waitUntilFunctionUpdatedV2({ client: product.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName });
  }

  const mistakes = [
    { config: { EntryPoint: ["/nothing"] }, type: "Runtime.InvalidEntrypoint", message: "fork/exec /nothing: no such file or directory" },
    { config: { EntryPoint: ["/app"] }, type: "Runtime.InvalidEntrypoint", message: "fork/exec /app: permission denied" },
    { config: { EntryPoint: ["bash"] }, type: "Runtime.InvalidEntrypoint", message: 'exec: "bash": executable file not found in $PATH' },
    { config: { WorkingDirectory: "/nowhere" }, type: "Runtime.InvalidWorkingDir", message: "chdir /nowhere: no such file or directory" },
  ];
  for (const { config, type, message } of mistakes) {
    test(`says so: ${message}`, async () => {
      await configure("overridden", config);
      const { errorType, errorMessage } = payloadOf(await invoke("overridden")) as { errorType: string; errorMessage: string };
      assert.equal(errorType, type);
      assert.ok(errorMessage.endsWith(` Error: ${message}`), errorMessage);
    });
  }

  test("takes another image, and the old one goes when nobody uses it", async () => {
    const images = () => readdir(join(product.dataFolder, "images"));
    const next = await addImage(layout, "2", await nodeImage('export const handler = async () => "two";'));
    await create("changing", `oci:${layout}:1`);
    await product.lambda.updateFunctionCode({ FunctionName: "changing", ImageUri: `oci:${layout}:2` });
    await waitUntilFunctionUpdatedV2(
      { client: product.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 },
      { FunctionName: "changing" },
    );
    assert.equal(payloadOf(await invoke("changing")), "two");
    assert.deepEqual((await images()).toSorted(), [digest, next].map((name) => name.slice(7)).toSorted());
    await product.lambda.deleteFunction({ FunctionName: "changing" });
    await eventually(images, (found) => found.length === 1);
  });

  const refused = [
    {
      uri: () => `oci:${layout}:missing`,
      name: "InvalidParameterValueException",
      message: /^Source image .* does not exist\. Provide a valid/,
    },
    { uri: () => `oci:${layout}@sha256:${"0".repeat(64)}`, name: "InvalidParameterValueException", message: /does not exist/ },
    { uri: () => `oci:${folder}:1`, name: "AccessDeniedException", message: /--image-folder/ },
    { uri: () => `oci:${join(folder, "allowed")}/../../..${folder}:1`, name: "AccessDeniedException", message: /--image-folder/ },
    { uri: () => "oci:/etc:1", name: "AccessDeniedException", message: /--image-folder/ },
    {
      uri: () => "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
      name: "AccessDeniedException",
      message: /--image-registry ecr=URL/,
    },
    { uri: () => "registry.example.com/app:1", name: "AccessDeniedException", message: /--image-registry registry\.example\.com=URL/ },
    { uri: () => "localhost:1/app:1", name: "ServiceException", message: /cannot be reached/ },
  ];
  for (const { uri, name, message } of refused) {
    test(`is refused if ${name}: ${message.source}`, async () => {
      await assert.rejects(
        product.lambda.createFunction({ FunctionName: "refused", PackageType: "Image", Code: { ImageUri: uri() }, Role: roleArn }),
        { name, message },
      );
      await assert.rejects(product.lambda.getFunction({ FunctionName: "refused" }), { name: "ResourceNotFoundException" });
    });
  }

  test("fails, and says why, if its image turns out to be broken", async () => {
    const broken = join(folder, "allowed", "broken");
    await addImage(broken, "latest", { layers: [[{ path: "../../escape", content: "x" }]], config: { Entrypoint: ["/x"] } });
    const { State, StateReasonCode, StateReason, LastUpdateStatus } = await create("broken", `oci:${broken}`);
    assert.deepEqual([State, StateReasonCode, LastUpdateStatus], ["Failed", "InvalidImage", "Failed"]);
    assert.match(StateReason!, /leads out of it/);
    await assert.rejects(invoke("broken"), { name: "ResourceConflictException" });
  });

  test("comes from a registry as well, by its host or by the name that it has at ECR", async (t) => {
    const registry = await startRealRegistry(folder);
    if (registry === undefined) return t.skip("takes a registry (Debian: apt-get install docker-registry)");
    await using _ = registry;
    await pushImage(layout, digest, registry.host, "team/app", "1");
    const { State, CodeSha256 } = await create("pulled", `${registry.host}/team/app:1`);
    assert.deepEqual([State, `sha256:${CodeSha256}`], ["Active", digest]);
    await assert.rejects(create("other", `${registry.host}/team/app:2`), { name: "InvalidParameterValueException" });

    const ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app:1";
    await using named = await startProduct({}, "--isolation", "none", "--image-registry", `ecr=http://${registry.host}`);
    await named.lambda.createFunction({ FunctionName: "named", PackageType: "Image", Code: { ImageUri: ecr }, Role: roleArn, Timeout: 10 });
    await waitUntilFunctionActiveV2({ client: named.lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, { FunctionName: "named" });
    const answer = await named.lambda.invoke({ FunctionName: "named" });
    assert.equal((payloadOf(answer) as { cwd: string }).cwd, "/app", "an image runs in a container whatever driver runs the rest");
  });
});
