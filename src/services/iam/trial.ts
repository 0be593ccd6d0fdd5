import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IAM } from "@aws-sdk/client-iam";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import type { Database } from "#storage/database.ts";
import { openSqliteDatabase } from "#storage/sqlite/sqlite-database.ts";
import { type CallsOf, callsOf } from "#wire/calls.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { type Principal, rootPrincipal } from "#wire/principal.ts";
import { ServiceHost } from "#wire/service-host.ts";
import { iam } from "./index.ts";
import type { IamState } from "./state.ts";

/** IAM over a database of its own, for tests; requests pass validation as they do in the product. */
export interface IamTrial extends AsyncDisposable {
  iam: CallsOf<IAM>;
  state: IamState;
  clock: ManualClock;
}

export const accountId = "123456789012";
export const root = { as: rootPrincipal(accountId), region: "eu-central-1" };
export const asUser = (userName: string): { as: Principal; region: string } => ({
  as: { kind: "user", accountId, arn: `arn:aws:iam::${accountId}:user/${userName}`, userId: "AIDAXXXXXXXXXXXXXXXXX", userName },
  region: "eu-central-1",
});

export const trustPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
export const logsPolicy = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "logs:*", Resource: "*" } });

export async function openIamTrial(): Promise<IamTrial> {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-iam-"));
  const database: Database = await openSqliteDatabase({ path: join(folder, "iam") });
  const clock = new ManualClock();
  const dispatcher = new Dispatcher({ authorize() {} }, randomIds, () => "http://127.0.0.1:4566");
  const dependencies = { clock, ids: randomIds, log: silentLog, calls: dispatcher, accountId, database };
  const host = new ServiceHost(iam, dependencies);
  dispatcher.add(host);
  const { state } = await host.load();
  return {
    iam: callsOf<IAM>(dispatcher, "iam"),
    state: state as IamState,
    clock,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
