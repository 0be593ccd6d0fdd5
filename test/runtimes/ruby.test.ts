/** Ruby functions through the whole product: their own gems, those of layers, errors and logs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { startProduct } from "#test/product.ts";

const run = promisify(execFile);

const version = await run("ruby", ["-e", "print RUBY_VERSION"]).then(
  ({ stdout }) => stdout,
  () => "",
);
const skip = /^(?:3\.[1-9]|[4-9])/.test(version) ? false : "there is no ruby of version 3.1 or later on the PATH";

const gemspec = `Gem::Specification.new { |gem| gem.name = "greeting"; gem.version = "1.0"; gem.summary = "x"; gem.authors = ["x"]; gem.files = [] }`;
const source = `
require "greeting"
require "from_layer"
require "net/http"
def handler(event:, context:)
  puts "one\\ntwo"
  raise ArgumentError, "no" if event["fail"]
  exit 3 if event["exit"]
  return [Encoding.default_external.name, File.read("umlaut.txt").upcase] if event["text"]
  { ruby: RUBY_VERSION, greeting: GREETING, layer: FROM_LAYER, name: context.function_name, environment: ENV["AWS_EXECUTION_ENV"], folder: __dir__ }
end
`;

test("a Ruby function finds its gems and its layer's", { skip }, async () => {
  // Whatever Ruby there is passes for 3.4 here: the functions of this test care for no version.
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-ruby-"));
  const script = `#!/bin/sh\nexec ruby -e 'puts "3.4", RbConfig.ruby, RbConfig::CONFIG["prefix"]'\n`;
  await writeFile(join(folder, "ruby3.4"), script, { mode: 0o755 });
  process.env["PATH"] = `${process.env["PATH"]}:${folder}`;
  try {
    await using product = await startProduct();
    const layer = await product.lambda.publishLayerVersion({
      LayerName: "ruby",
      Content: { ZipFile: await zipOf({ "ruby/lib/from_layer.rb": 'FROM_LAYER = "layered"' }) },
    });
    const gems = "vendor/bundle/ruby/3.4.0";
    const zip = await zipOf({
      "app.rb": source,
      "umlaut.txt": "zürich",
      [`${gems}/specifications/greeting-1.0.gemspec`]: gemspec,
      [`${gems}/gems/greeting-1.0/lib/greeting.rb`]: 'GREETING = "hello"',
    });
    const settings = { Runtime: "ruby3.4", Handler: "app.handler", Code: { ZipFile: zip }, Layers: [layer.LayerVersionArn!] } as const;
    await createFunction(product.lambda, "gems", "", { ...settings, Layers: [...settings.Layers] });
    const invoke = (event: unknown) => product.lambda.invoke({ FunctionName: "gems", Payload: JSON.stringify(event), LogType: "Tail" });

    const { folder: task, ...answer } = payloadOf(await invoke({})) as { folder: string };
    assert.deepEqual(answer, { ruby: version, greeting: "hello", layer: "layered", name: "gems", environment: "AWS_Lambda_ruby3.4" });
    const failed = await invoke({ fail: true });
    assert.deepEqual(payloadOf(failed), {
      errorMessage: "no",
      errorType: "Function<ArgumentError>",
      stackTrace: [`${task}/app.rb:7:in ${version < "3.4" ? "`handler'" : "'Object#handler'"}`],
    });
    assert.match(tailOf(failed), /^one\ntwo\nError raised from handler method\n\{\n {2}"errorMessage": "no",/m);
    assert.deepEqual(payloadOf(await invoke({ text: true })), ["UTF-8", "ZÜRICH"]);
    const ended = payloadOf(await invoke({ exit: true })) as { errorType: string };
    assert.equal(ended.errorType, "Function<SystemExit>");
    assert.equal((payloadOf(await invoke({})) as { layer: string }).layer, "layered", "by a new process");
  } finally {
    await rm(folder, { recursive: true });
  }
});
