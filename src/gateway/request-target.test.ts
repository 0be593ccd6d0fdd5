import assert from "node:assert/strict";
import { test } from "node:test";
import { targetOf } from "./request-target.ts";

test("a path is for the host of the header", () => {
  assert.deepEqual(targetOf("/a?b", { host: "h" }, ["Host", "h"]), { target: "/a?b", host: "h" });
  assert.deepEqual(targetOf("/a", { ":authority": "h" }, [":authority", "h"]), { target: "/a", host: "h" });
  assert.deepEqual(targetOf("/", {}, []), { target: "/", host: undefined });
});

test("a full URL is for its own host", () => {
  assert.deepEqual(targetOf("http://h:1/a?b", { host: "other" }, ["Host", "other"]), { target: "/a?b", host: "h:1" });
  assert.deepEqual(targetOf("HTTPS://h", { host: "h" }, []), { target: "/", host: "h" });
  assert.deepEqual(targetOf("http://h?b", { host: "h" }, []), { target: "/?b", host: "h" });
});

test("what names two hosts is for nobody, and neither is what names none", () => {
  assert.equal(targetOf("/", { host: "a" }, ["Host", "a", "X", "y", "host", "b"]), undefined);
  assert.equal(targetOf("/", { ":authority": "a", host: "b" }, [":authority", "a", "host", "b"]), undefined);
  assert.deepEqual(targetOf("/", { ":authority": "a", host: "a" }, [])?.host, "a");
  for (const url of ["*", "", "http:///a", "a/b", "ftp://h/a"]) assert.equal(targetOf(url, { host: "h" }, ["Host", "h"]), undefined, url);
});
