import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { isRunCode, type Principal, rootPrincipal, servicePrincipal } from "#wire/principal.ts";
import type { StsState } from "../state.ts";
import { assumeRole } from "./assume-role.ts";

const accountId = "123456789012";
const RoleArn = `arn:aws:iam::${accountId}:role/r`;

/** Who the session is that somebody opens. */
async function sessionOf(principal: Principal): Promise<Principal> {
  const issued: Principal[] = [];
  const state = {
    clock: new ManualClock(),
    iam: { getRole: async () => ({ Role: { Arn: RoleArn, RoleId: "AROA" } }) },
    sessions: {
      issue: (session: { principal: Principal }) => {
        issued.push(session.principal);
        return { accessKeyId: "ASIA", secretAccessKey: "", sessionToken: "" };
      },
    },
  } as unknown as StsState;
  await assumeRole({ RoleArn, RoleSessionName: "s" }, { principal, accountId, region: "us-east-1", state } as never);
  return issued[0]!;
}

test("a session knows whether it is that of code which a service runs, also if such code opened it", async () => {
  const ofRoot = await sessionOf(rootPrincipal(accountId));
  assert.equal(isRunCode(ofRoot), false);
  assert.equal(isRunCode(await sessionOf(ofRoot)), false);
  const ofFunction = await sessionOf(servicePrincipal("lambda.amazonaws.com", accountId));
  assert.equal(isRunCode(ofFunction), true);
  assert.equal(isRunCode(await sessionOf(ofFunction)), true);
});
