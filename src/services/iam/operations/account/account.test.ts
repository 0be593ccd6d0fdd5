import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IamTrial, openIamTrial, root } from "../../trial.ts";

describe("the account", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());

  test("the summary counts what is there", async () => {
    await trial.iam.createUser({ UserName: "counted" }, root);
    const { SummaryMap } = await trial.iam.getAccountSummary({}, root);
    assert.deepEqual([SummaryMap!.Users, SummaryMap!.UsersQuota, SummaryMap!.Roles], [1, 5_000, 0]);
  });

  test("an account has one alias", async () => {
    const aliases = async () => (await trial.iam.listAccountAliases({}, root)).AccountAliases;
    assert.deepEqual(await aliases(), []);
    await trial.iam.createAccountAlias({ AccountAlias: "first-alias" }, root);
    await trial.iam.createAccountAlias({ AccountAlias: "second-alias" }, root);
    assert.deepEqual(await aliases(), ["second-alias"]);
    const other = { as: { ...root.as, accountId: "210987654321" }, region: root.region };
    await assert.rejects(trial.iam.createAccountAlias({ AccountAlias: "second-alias" }, other), { code: "EntityAlreadyExistsException" });
    await assert.rejects(trial.iam.deleteAccountAlias({ AccountAlias: "first-alias" }, root), { code: "NoSuchEntityException" });
    await trial.iam.deleteAccountAlias({ AccountAlias: "second-alias" }, root);
    assert.deepEqual(await aliases(), []);
  });
});
