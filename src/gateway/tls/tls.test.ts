import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { systemClock } from "#kit/clock.ts";
import { randomIds } from "#kit/ids.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { Listener } from "../listener.ts";
import { CertificateAuthority, certificateDays, type KeepFile } from "./certificate-authority.ts";
import { ServerCertificates } from "./server-certificates.ts";

const dayMs = 86_400_000;
const own = { names: ["127.0.0.1", "lamp.example"], allowsAnyName: false };

/** Keeps files in memory and counts how many were made. */
function memory(): { keep: KeepFile; files: Map<string, Buffer> } {
  const files = new Map<string, Buffer>();
  const keep: KeepFile = async (name, create) => {
    if (!files.has(name)) files.set(name, await create());
    return files.get(name)!;
  };
  return { keep, files };
}

describe("the HTTPS port", () => {
  const { keep, files } = memory();
  const authority = new CertificateAuthority(systemClock, randomIds, keep, own.names);
  const certificates = new ServerCertificates(authority, systemClock, own);
  const listener = new Listener(({ httpVersion, headers }, peer) => {
    void peer.send({ status: 200, headers: {}, body: `${httpVersion} ${headers.host}` });
  });
  let port = 0;
  let ca = "";
  before(async () => {
    port = await listener.listenSecurely("127.0.0.1", 0, (name) => certificates.identityFor(name));
    assert.equal(files.size, 0, "nothing is made before somebody connects");
    ca = await authority.certificate();
  });
  after(() => listener[Symbol.asyncDispose]());

  const get = async (host: string, servername?: string): Promise<string> => {
    const options = { ca, port, agent: false as const, ...(servername !== undefined && { servername }) };
    const asked = request({ ...options, host: "127.0.0.1", headers: { host } }).end();
    const [answer] = (await once(asked, "response")) as [NodeJS.ReadableStream];
    return (await buffer(answer)).toString();
  };

  test("serves an address, localhost and names below it", async () => {
    assert.equal(await get("127.0.0.1"), "1.1 127.0.0.1");
    for (const name of ["localhost", "abc.lambda-url.eu-west-1.localhost", "x.execute-api.us-east-1.localhost"])
      assert.equal(await get(name, name), `1.1 ${name}`);
    assert.equal(await get("lamp.example", "lamp.example"), "1.1 lamp.example");
  });

  test("shows its plain certificate under a name that is not ours", async () => {
    await assert.rejects(get("shop.example", "shop.example"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  test("a client that does not know the authority refuses it", async () => {
    const socket = connectTls({ port, host: "127.0.0.1" });
    await assert.rejects(once(socket, "secureConnect"), { code: /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|SELF_SIGNED_CERT_IN_CHAIN/ });
    socket.destroy();
  });

  test("HTTP/2 is agreed on", async () => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    const stream = session.request({ ":path": "/" });
    assert.equal((await buffer(stream)).toString(), `2.0 127.0.0.1:${port}`);
    assert.equal(session.alpnProtocol, "h2");
    session.close();
    await once(session, "close");
  });

  test("no TLS is no harm", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch((error: Error) => error);
    assert.ok(answer instanceof Error);
    assert.equal(await get("localhost", "localhost"), "1.1 localhost");
  });
});

describe("the authority", () => {
  test("is the same after a restart", async () => {
    const { keep } = memory();
    const first = await new CertificateAuthority(systemClock, randomIds, keep).certificate();
    assert.equal(await new CertificateAuthority(systemClock, randomIds, keep).certificate(), first);
  });

  test("has certificates that hold what strict clients ask", async () => {
    const authority = new CertificateAuthority(systemClock, randomIds, memory().keep);
    const root = new X509Certificate(await authority.certificate());
    const issued = await authority.issue(["localhost", "127.0.0.1", "::1"]);
    const leaf = new X509Certificate(issued.certificate);
    assert.ok(root.ca && !leaf.ca);
    assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root));
    assert.equal(leaf.checkHost("localhost"), "localhost");
    assert.equal(leaf.checkIP("127.0.0.1"), "127.0.0.1");
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
    const validDays = (leaf.validToDate.getTime() - systemClock.now()) / dayMs;
    assert.ok(validDays > certificateDays - 1 && validDays <= certificateDays, `${validDays} days`);
  });

  test("cannot speak for other sites, even with its key", async () => {
    const authority = new CertificateAuthority(systemClock, randomIds, memory().keep);
    const certificates = new ServerCertificates(authority, systemClock, { names: [], allowsAnyName: true });
    const listener = new Listener((_head, peer) => peer.breakOff());
    const port = await listener.listenSecurely("127.0.0.1", 0, (name) => certificates.identityFor(name ?? "shop.example"));
    const socket = connectTls({ port, host: "127.0.0.1", servername: "shop.example", ca: await authority.certificate() });
    await assert.rejects(once(socket, "secureConnect"), /permitted subtree violation/);
    socket.destroy();
    await listener[Symbol.asyncDispose]();
  });

  test("renews what is about to expire", async () => {
    const clock = new ManualClock();
    const authority = new CertificateAuthority(clock, randomIds, memory().keep);
    const certificates = new ServerCertificates(authority, clock, own);
    const first = await certificates.identityFor();
    await clock.advance(100 * dayMs);
    assert.equal(await certificates.identityFor(), first);
    await clock.advance((certificateDays - 120) * dayMs);
    assert.notEqual(await certificates.identityFor(), first);
  });
});
