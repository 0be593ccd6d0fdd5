import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { startFakeRegistry } from "#test/fake-registry.ts";
import { maxManifestBytes } from "./image-source.ts";
import { openRegistry } from "./registry-source.ts";

const digest = `sha256:${"1".repeat(64)}`;

async function startRegistry(t: TestContext) {
  const registry = await startFakeRegistry();
  t.after(() => registry[Symbol.asyncDispose]());
  registry.contents.set("/v2/team/app/manifests/1", Buffer.from("manifest"));
  registry.contents.set(`/v2/team/app/blobs/${digest}`, Buffer.from("blob"));
  const open = (login = "") => openRegistry({ url: `http://${login}${registry.host}`, repository: "team/app" });
  return { registry, open };
}

test("manifests and blobs come from the repository", async (t) => {
  const { open } = await startRegistry(t);
  const source = open();
  assert.equal((await source.manifest("1")).toString(), "manifest");
  assert.equal(await text(await source.blob(digest)), "blob");
  await assert.rejects(source.manifest("2"), { name: "ImageProblem", kind: "missing" });
  await assert.rejects(source.blob("sha256:../../secret"), { name: "ImageProblem", kind: "invalid" });
});

test("a registry may ask for a token, which is had with the login", async (t) => {
  const { registry, open } = await startRegistry(t);
  registry.contents.set("/token?service=s&scope=repository%3Ateam%2Fapp%3Apull", Buffer.from('{"token":"t1"}'));
  const logins: (string | undefined)[] = [];
  registry.before = ({ url = "", headers }, reply) => {
    if (url.startsWith("/token")) logins.push(headers.authorization);
    else if (headers.authorization !== "Bearer t1") {
      const challenge = `Bearer realm="http://${registry.host}/token",service="s",scope="repository:team/app:pull"`;
      reply.writeHead(401, { "www-authenticate": challenge }).end();
      return true;
    }
    return false;
  };
  const source = open("me:p%40ss@");
  assert.equal((await source.manifest("1")).toString(), "manifest");
  assert.equal(await text(await source.blob(digest)), "blob");
  assert.deepEqual(logins, [`Basic ${btoa("me:p@ss")}`]);
});

test("a registry that lets us not in is told apart from one that does not work", async (t) => {
  const { registry, open } = await startRegistry(t);
  const cases: [status: number, headers: Record<string, string>, kind: string][] = [
    [401, { "www-authenticate": 'Basic realm="x"' }, "denied"],
    [401, { "www-authenticate": 'Bearer realm="http://127.0.0.1:1/token"' }, "denied"],
    [403, {}, "denied"],
    [500, {}, "unreachable"],
    [302, { location: "http://127.0.0.1:1/elsewhere" }, "unreachable"],
    [302, { location: "/v2/team/app/manifests/1" }, "unreachable"],
  ];
  for (const [status, headers, kind] of cases) {
    registry.before = (_, reply) => Boolean(reply.writeHead(status, headers).end());
    await assert.rejects(open().manifest("1"), { name: "ImageProblem", kind }, `${status} ${JSON.stringify(headers)}`);
  }
  registry.before = (_, reply) => {
    reply.writeHead(200, { "content-length": 10 }).write("x", () => reply.destroy());
    return true;
  };
  await assert.rejects(open().manifest("1"), { name: "ImageProblem", kind: "unreachable", message: /broke off/ });
  await registry[Symbol.asyncDispose]();
  await assert.rejects(open().manifest("1"), { name: "ImageProblem", kind: "unreachable" });
});

test("a registry sends one on within itself", async (t) => {
  const { registry, open } = await startRegistry(t);
  registry.contents.set("/stored", Buffer.from("from the store"));
  registry.before = ({ url = "" }, reply) => url.includes("/blobs/") && Boolean(reply.writeHead(307, { location: "/stored" }).end());
  assert.equal(await text(await open().blob(digest)), "from the store");
});

test("a manifest without end is not read to its end", async (t) => {
  const { registry, open } = await startRegistry(t);
  registry.contents.set("/v2/team/app/manifests/big", Buffer.alloc(maxManifestBytes + 1, "x"));
  await assert.rejects(open().manifest("big"), { name: "ImageProblem", kind: "invalid" });
});
