/** Functions that mean harm, or are only broken. Each gets AWS's answer, its neighbour goes on, and nothing of it stays behind. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { createFunction, eventually, nodeRuntime, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, roleArn, startProduct } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { zipBytes, type ZipBytesEntry } from "#test/zip-bytes.ts";

interface FunctionFault {
  errorType: string;
  errorMessage: string;
}

let product: Product;

before(async () => {
  product = await startProduct();
  await createFunction(product.lambda, "neighbour", "exports.handler = async (event) => event;");
});

afterEach(async () => {
  const answer = await product.lambda.invoke({ FunctionName: "neighbour", Payload: "7" });
  assert.equal(payloadOf(answer), 7, "the neighbour suffers");
});

after(async () => {
  const { dataFolder } = product;
  assert.notDeepEqual(await processesOf(dataFolder), [], "the neighbour's environment should be found, or this proves nothing");
  await product[Symbol.asyncDispose]();
  assert.deepEqual(await processesOf(dataFolder), [], "processes were left behind");
});

/** Ids of the processes that got the data folder's path among their variables, as all of an environment's do. */
async function processesOf(dataFolder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const variables = await readFile(join("/proc", pid, "environ"), "utf8").catch(() => "");
    if (variables.includes(dataFolder)) found.push(Number(pid));
  }
  return found;
}

let count = 0;

/** Creates a function from this source, invokes it, and gives its fault; `RequestId` in there stands for the request's. */
async function faultOf(source: string, settings: Parameters<typeof createFunction>[3] = {}): Promise<FunctionFault> {
  const name = `bad-${++count}`;
  await createFunction(product.lambda, name, source, settings);
  const answer = await product.lambda.invoke({ FunctionName: name });
  assert.equal(answer.FunctionError, "Unhandled", Buffer.from(answer.Payload!).toString());
  const { errorType, errorMessage } = payloadOf(answer) as FunctionFault;
  return { errorType, errorMessage: errorMessage.replace(answer.$metadata.requestId!, "ID") };
}

describe("a zip that lies", () => {
  const code = { name: "index.js", content: "exports.handler = async () => 1;" };
  const link = 0o120777;
  const unreadable = "Could not unzip uploaded file. Please check your file, then try to upload again.";
  const lies: Record<string, ZipBytesEntry[]> = {
    "about a path above": [code, { name: "../evil.js", content: "x" }],
    "about a path above, further down": [code, { name: "a/../../evil.js", content: "x" }],
    "about a path from the root": [code, { name: "/tmp/evil.js", content: "x" }],
    "with a zero in a name": [code, { name: "a\0b", content: "x" }],
    "with a link out": [code, { name: "out", content: "../../../etc", mode: link }],
    "with a link from the root": [code, { name: "out", content: "/etc/passwd", mode: link }],
    "with a file behind a link": [code, { name: "here", content: ".", mode: link }, { name: "here/evil.js", content: "x" }],
    "with a device": [code, { name: "null", mode: 0o020666 }],
    "about its checksum": [{ ...code, declaredCrc: 1 }],
    "about its size: more comes out": [{ name: "bomb", content: Buffer.alloc(20_000_000), declaredSize: 10 }],
    "about its size: less comes out": [{ ...code, declaredSize: 1_000 }],
    "with entries that share bytes": [code, { ...code, name: "other.js", headerOf: 0 }],
    "with a password": [{ ...code, flags: 1 }],
    "in an unknown method": [{ ...code, method: 12 }],
  };
  const create = (zip: Uint8Array) =>
    product.lambda.createFunction({
      FunctionName: "liar",
      Runtime: nodeRuntime,
      Handler: "index.handler",
      Role: roleArn,
      Code: { ZipFile: zip },
    });
  const refusal = (message: string) => ({ name: "InvalidParameterValueException", message, Type: "User" });

  for (const [name, entries] of Object.entries(lies)) {
    test(name, () => assert.rejects(create(zipBytes(entries)), refusal(unreadable)));
  }
  test("about how many entries it has", () => assert.rejects(create(zipBytes([code], 2)), refusal(unreadable)));
  test("being none", () => assert.rejects(create(Buffer.from("#!/bin/sh\nrm -rf /\n")), refusal(unreadable)));
  test("being half of one", () => assert.rejects(create(zipBytes([code]).subarray(0, 60)), refusal(unreadable)));
  test("with more than 250 MB, as it says", async () => {
    const tooLarge = refusal("Unzipped size must be smaller than 262144000 bytes");
    await assert.rejects(create(zipBytes([code, { name: "large", content: "x", declaredSize: 262_144_001 }])), tooLarge);
    const halves = ["a", "b"].map((name) => ({ name, content: "x", declaredSize: 140_000_000 }));
    await assert.rejects(create(zipBytes(halves)), tooLarge);
  });
});

describe("a handler that cannot be", () => {
  const good = "exports.handler = async () => 1;";
  const faults: Array<[name: string, source: string, handler: string, errorType: string, errorMessage: RegExp]> = [
    ["its file is missing", good, "missing.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'missing'\nRequire stack:\n/],
    [
      "a module of it is missing",
      `require("nothing"); ${good}`,
      "index.handler",
      "Runtime.ImportModuleError",
      /^Error: Cannot find module 'nothing'\nRequire stack:\n- \/.*index\.js/,
    ],
    ["its export is missing", good, "index.missing", "Runtime.HandlerNotFound", /^index\.missing is undefined or not exported$/],
    ["it is no function", "exports.handler = 7;", "index.handler", "Runtime.HandlerNotFound", /^index\.handler is not a function$/],
    [
      "its syntax is wrong",
      "exports.handler = async () => {",
      "index.handler",
      "Runtime.UserCodeSyntaxError",
      /^SyntaxError: Unexpected end of input$/,
    ],
    ["its name has no dot", good, "index", "Runtime.MalformedHandlerName", /^Bad handler$/],
    [
      "its name leads out",
      good,
      "../../etc/passwd.handler",
      "Runtime.MalformedHandlerName",
      /^'\.\.\/\.\.\/etc\/passwd\.handler' is not a valid handler name\. Use absolute paths when specifying root directories in handler names\.$/,
    ],
    ["it throws while it loads", `throw new RangeError("too far");`, "index.handler", "RangeError", /^too far$/],
  ];
  for (const [name, source, Handler, errorType, errorMessage] of faults) {
    test(name, async () => {
      const fault = await faultOf(source, { Handler });
      assert.equal(fault.errorType, errorType);
      assert.match(fault.errorMessage, errorMessage);
    });
  }
});

describe("a function that", () => {
  const exits = (errorMessage: string): FunctionFault => ({
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ID Error: Runtime exited ${errorMessage}`,
  });
  const ends: Record<string, [source: string, wanted: FunctionFault]> = {
    "exits with 0": ["process.exit(0)", exits("without providing a reason")],
    "exits with 7": ["process.exit(7)", exits("with error: exit status 7")],
    "kills itself": ["process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})", exits("with error: signal: killed")],
    aborts: ["process.abort()", exits("with error: signal: aborted")],
    "writes garbage where its runtime talks": [
      "require('fs').writeSync(3, 'garbage, and more of it'); await new Promise(() => {})",
      exits("with error: signal: killed"),
    ],
    "claims there what cannot be": [
      "require('fs').writeSync(3, Buffer.from([1, 0, 0, 0, 0xff])); await new Promise(() => {})",
      exits("with error: signal: killed"),
    ],
    "says there that it is ready, again": [
      "require('fs').writeSync(3, Buffer.from([1, 0, 0, 0, 0x81])); await new Promise(() => {})",
      exits("with error: signal: killed"),
    ],
    "promises there 4 GB": [
      "require('fs').writeSync(3, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x83])); await new Promise(() => {})",
      {
        errorType: "Function.ResponseSizeTooLarge",
        errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      },
    ],
    "logs nothing there, again and again": [
      "require('fs').writeSync(3, Buffer.from('0a00000085' + '00'.repeat(9), 'hex')); process.exit(3)",
      exits("with error: exit status 3"),
    ],
    "closes there": ["require('fs').closeSync(3); process.exit(3)", exits("with error: exit status 3")],
  };
  for (const [name, [body, wanted]] of Object.entries(ends)) {
    test(name, async () => {
      // Harmless at first, and at last: an environment comes back after whatever it did.
      const source = `exports.handler = async (event) => { if (event.isGood) return "well"; ${body} };`;
      assert.deepEqual(await faultOf(source), wanted);
      const answer = await product.lambda.invoke({ FunctionName: `bad-${count}`, Payload: '{"isGood":true}' });
      assert.equal(payloadOf(answer), "well");
    });
  }

  test("says that it is ready, and is gone before that is heard", async () => {
    // What comes before it takes longer to read than the end of the process takes to be noticed.
    const source = `const fs = require("fs");
      const frame = (type, size) => Buffer.concat([Buffer.from([size + 1, 0, 0, 0, type]), Buffer.alloc(size)]);
      const words = Buffer.concat([...Array(40_000).fill(frame(0x85, 9)), frame(0x81, 0)]);
      for (let at = 0; at < words.length; ) {
        try { at += fs.writeSync(3, words, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
      }
      process.kill(process.pid, "SIGKILL");`;
    for (let round = 0; round < 3; round++) assert.deepEqual(await faultOf(source), exits("with error: signal: killed"));
  });

  test("ignores SIGTERM and never answers is ended at its timeout", async () => {
    const source = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
      process.title = "pl-deaf"; exports.handler = (event) => new Promise(() => {});`;
    await createFunction(product.lambda, "deaf", source, { Timeout: 1 });
    const running = product.lambda.invoke({ FunctionName: "deaf", LogType: "Tail" });
    await eventually(
      () => processesTitled("pl-deaf"),
      ({ length }) => length === 1,
    );
    const answer = await running;
    assert.deepEqual(payloadOf(answer), {
      errorType: "Sandbox.Timedout",
      errorMessage: `RequestId: ${answer.$metadata.requestId} Error: Task timed out after 1.00 seconds`,
    });
    assert.deepEqual(await processesTitled("pl-deaf"), []);
  });

  test("leaves children takes them along", async () => {
    const source = `const { spawn } = require("node:child_process");
      exports.handler = async () => ["ignore", "inherit"].flatMap((stdio) => [true, false].map((detached) => {
        const child = spawn("/bin/sh", ["-c", "trap '' TERM HUP; while :; do sleep 1; done"], { detached, stdio, argv0: "pl-child" });
        child.unref();
        return "started";
      }));`;
    await createFunction(product.lambda, "parent", source);
    const children = (): Promise<number[]> => processesTitled("pl-child -c trap '' TERM HUP; while :; do sleep 1; done");
    await product.lambda.invoke({ FunctionName: "parent" });
    assert.equal((await children()).length, 4);
    await product.lambda.deleteFunction({ FunctionName: "parent" });
    await eventually(children, (left) => left.length === 0);
  });

  test("prints bytes and endless lines is answered", async () => {
    const source = `const print = (stream, bytes) => new Promise((resolve) => stream.write(bytes, resolve));
      exports.handler = async () => {
        await print(process.stdout, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
        await print(process.stdout, "\\n" + "é".repeat(150_000) + "\\n");
        await print(process.stderr, "ß".repeat(150_000));
        return "printed";
      };`;
    await createFunction(product.lambda, "printing", source);
    const answer = await product.lambda.invoke({ FunctionName: "printing", LogType: "Tail" });
    assert.equal(payloadOf(answer), "printed");
    assert.ok(Buffer.from(answer.LogResult!, "base64").length <= 4_096);
    const { events } = await eventually(
      () => product.logs.filterLogEvents({ logGroupName: "/aws/lambda/printing" }).catch(() => ({ events: [] })),
      ({ events: found }) => found!.some(({ message }) => message!.startsWith("REPORT")),
    );
    const printed = events!.map(({ message }) => message!).join("");
    assert.deepEqual([printed.match(/é/g)!.length, printed.match(/ß/g)!.length], [150_000, 150_000]);
  });

  test("answers with more than 6 MB, or with what is no JSON", async () => {
    const source = `exports.handler = async ({ size }) => { if (size) return "x".repeat(size); const a = {}; a.a = a; return a; };`;
    await createFunction(product.lambda, "verbose", source);
    const invoke = async (size: number): Promise<unknown> =>
      payloadOf(await product.lambda.invoke({ FunctionName: "verbose", Payload: JSON.stringify({ size }) }));
    for (const size of [6_291_555, 7_000_000]) {
      assert.deepEqual(await invoke(size), {
        errorType: "Function.ResponseSizeTooLarge",
        errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      });
    }
    assert.equal(((await invoke(0)) as FunctionFault).errorType, "Runtime.JSONStringifyError");
    assert.equal(await invoke(3), "xxx");
  });

  test("floods its log does not slow its neighbour", async () => {
    const source = `const line = "x".repeat(8_191) + "\\n";
      exports.handler = async () => { for (let sent = 0; sent < 100; sent++) await new Promise((resolve) => process.stdout.write(line.repeat(128), resolve)); return "flooded"; };`;
    await createFunction(product.lambda, "flooding", source, { Timeout: 60, MemorySize: 512 });
    const end = new AbortController();
    const flood = product.lambda.invoke({ FunctionName: "flooding", LogType: "Tail" }).finally(() => end.abort());
    const latenciesMs: number[] = [];
    while (!end.signal.aborted) {
      const startedMs = performance.now();
      await product.lambda.invoke({ FunctionName: "neighbour", Payload: "1" });
      latenciesMs.push(performance.now() - startedMs);
    }
    assert.equal(payloadOf(await flood), "flooded");
    assert.match(tailOf(await flood), /^(?:x+\n)+END RequestId: .*\nREPORT RequestId: .*\n$/);
    latenciesMs.sort((a, b) => a - b);
    const median = latenciesMs[Math.floor(latenciesMs.length / 2)]!;
    assert.ok(median < 250 && latenciesMs.at(-1)! < 2_000, `median ${median} ms, worst ${latenciesMs.at(-1)} ms`);
  });
});

describe("a runtime of the customer's own that", () => {
  const missing: FunctionFault = {
    errorType: "Runtime.InvalidEntrypoint",
    errorMessage: "RequestId: ID Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
  };
  const unfit = (complaint: string): FunctionFault => ({
    errorType: "Runtime.InvalidEntrypoint",
    errorMessage: `RequestId: ID Error: fork/exec /var/task/bootstrap: ${complaint}`,
  });
  const bootstraps: Array<[name: string, zip: () => Promise<Buffer>, wanted: FunctionFault]> = [
    ["is not there", () => zipOf({ other: "x" }), missing],
    ["is a folder", () => zipOf({ "bootstrap/x": "x" }), missing],
    ["may not be executed", () => zipOf({ bootstrap: "#!/bin/sh\n" }), unfit("permission denied")],
    ["is no program", () => zipOf({ bootstrap: "echo" }, 0o100755), unfit("exec format error")],
    ["was saved on Windows", () => zipOf({ bootstrap: "#!/bin/sh\r\n" }, 0o100755), unfit("no such file or directory")],
    [
      "ends at once",
      () => zipOf({ bootstrap: "#!/bin/sh\nexit 9\n" }, 0o100755),
      { errorType: "Runtime.ExitError", errorMessage: "RequestId: ID Error: Runtime exited with error: exit status 9" },
    ],
  ];
  for (const [name, zip, wanted] of bootstraps) {
    test(name, async () => {
      const fault = await faultOf("", { Runtime: "provided.al2023", Handler: "any", Code: { ZipFile: await zip() } });
      assert.deepEqual(fault, wanted);
    });
  }
});
