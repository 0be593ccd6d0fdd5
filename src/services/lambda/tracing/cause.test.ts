import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOf } from "./cause.ts";

const of = (error: unknown): unknown => causeOf(Buffer.from(JSON.stringify(error)), () => "id");

test("a trace becomes frames, whichever runtime wrote it", () => {
  const cases: Array<[line: string, path: string, line: number, label: string]> = [
    ['  File "/var/task/app.py", line 3, in handler\n    raise ValueError("in x")\n', "/var/task/app.py", 3, "handler"],
    ["    at Runtime.handler (/var/task/index.js:7:11)", "/var/task/index.js", 7, "Runtime.handler"],
    ["    at async exports.handler (file:///var/task/index.mjs:7:11)", "/var/task/index.mjs", 7, "async exports.handler"],
    ["    at /var/task/index.js:2:1", "/var/task/index.js", 2, "anonymous"],
    ["/var/task/app.rb:4:in `block in handler'", "/var/task/app.rb", 4, "block in handler"],
    ["/var/task/app.rb:4:in 'Object#handler'", "/var/task/app.rb", 4, "Object#handler"],
    ["demo.Answers.handleRequest(Answers.java:23)", "Answers.java", 23, "demo.Answers.handleRequest"],
  ];
  for (const [text, path, line, label] of cases) {
    assert.deepEqual(of({ errorType: "T", errorMessage: "m", stackTrace: ["T: m", text, 5] }), {
      working_directory: "/var/task",
      paths: [path],
      exceptions: [{ id: "id", message: "m", type: "T", stack: [{ path, line, label }] }],
    });
  }
});

test("whatever is no such object has a cause, too", () => {
  const unknown = { working_directory: "/var/task", exceptions: [{ id: "id", message: "", type: "Unhandled" }] };
  for (const error of ["text", null, 5, [], { errorType: 1, errorMessage: {}, trace: "x" }]) assert.deepEqual(of(error), unknown);
  assert.deepEqual(
    causeOf(Buffer.from("{"), () => "id"),
    unknown,
  );
});

test("a cause stays small", () => {
  const frame = `    at ${"f".repeat(1_000)} (/${"p".repeat(900)}:1:1)`;
  const cause = of({ errorType: "t".repeat(9_999), errorMessage: "m".repeat(9_999), trace: Array.from({ length: 200 }, () => frame) });
  assert.ok(JSON.stringify(cause).length < 25_000);
});
