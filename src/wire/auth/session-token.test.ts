import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { type Principal, rootPrincipal, servicePrincipal } from "../principal.ts";
import { SessionIssuer } from "./session-token.ts";

const key = Buffer.alloc(32, 1);
const expiresAtMs = Date.UTC(2026, 0, 15, 13);
const principal: Principal = {
  kind: "assumed-role",
  accountId: "123456789012",
  arn: "arn:aws:sts::123456789012:assumed-role/Reader/me",
  userId: "AROAEXAMPLEEXAMPLEXXX:me",
  roleArn: "arn:aws:iam::123456789012:role/Reader",
  sessionName: "me",
};

test("whoever has the key can open a token, on this machine and on another", () => {
  const issuer = new SessionIssuer(key, randomIds);
  const { accessKeyId, secretAccessKey, sessionToken } = issuer.issue({ principal, expiresAtMs });
  assert.match(accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.match(secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
  assert.ok(sessionToken.length > 300);
  for (const opener of [issuer, issuer, new SessionIssuer(key, randomIds)]) {
    assert.deepEqual(opener.open(accessKeyId, sessionToken, expiresAtMs - 1), { status: "valid", secretAccessKey, principal });
  }
});

test("a token ends at its expiry, remembered or not", () => {
  const issuer = new SessionIssuer(key, randomIds);
  const { accessKeyId, sessionToken } = issuer.issue({ principal, expiresAtMs });
  assert.deepEqual(issuer.open(accessKeyId, sessionToken, expiresAtMs), { status: "expired" });
  assert.equal(issuer.open(accessKeyId, sessionToken, expiresAtMs - 1).status, "valid");
  assert.deepEqual(issuer.open(accessKeyId, sessionToken, expiresAtMs), { status: "expired" });
});

test("forged, foreign and truncated tokens are invalid", () => {
  const issuer = new SessionIssuer(key, randomIds);
  const { accessKeyId, sessionToken } = issuer.issue({ principal, expiresAtMs });
  const status = (opener: SessionIssuer, token: string, id = accessKeyId): string => opener.open(id, token, expiresAtMs - 1).status;
  const other = issuer.issue({ principal, expiresAtMs });

  assert.equal(status(issuer, sessionToken), "valid");
  assert.equal(status(issuer, sessionToken, other.accessKeyId), "invalid-token", "of another key, remembered");
  assert.equal(status(issuer, other.sessionToken), "invalid-token", "of another key, not remembered");
  assert.equal(status(new SessionIssuer(Buffer.alloc(32, 2), randomIds), sessionToken), "invalid-token", "of another installation");
  for (const length of [0, 1, 16, 40, sessionToken.length - 4, sessionToken.length - 1]) {
    assert.equal(status(issuer, sessionToken.slice(0, length)), "invalid-token", `cut to ${length}`);
  }
  for (let index = 0; index < sessionToken.length; index++) {
    const forged = sessionToken.slice(0, index) + (sessionToken[index] === "A" ? "B" : "A") + sessionToken.slice(index + 1);
    assert.equal(status(issuer, forged), "invalid-token", `character ${index}`);
  }
  assert.equal(status(issuer, `${sessionToken} `), "invalid-token");
});

test("services get no session, everyone else keeps their identity", () => {
  const issuer = new SessionIssuer(key, randomIds);
  assert.throws(
    () => issuer.issue({ principal: servicePrincipal("lambda.amazonaws.com", "123456789012"), expiresAtMs }),
    /services have no session/,
  );
  const root = rootPrincipal("123456789012");
  const { accessKeyId, sessionToken } = issuer.issue({ principal: root, expiresAtMs });
  const credential = issuer.open(accessKeyId, sessionToken, 0);
  assert.deepEqual(credential.status === "valid" && credential.principal, root);
});
