import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accessKeyMemoryMs } from "../../limits.ts";
import { saveAccessKeyStatus } from "../../store/writes.ts";
import { type IamTrial, asUser, openIamTrial, root } from "../../trial.ts";

describe("access keys", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());
  const createUser = (UserName: string) => trial.iam.createUser({ UserName }, root);

  test("a key speaks for its user until it is deactivated", async () => {
    const { User } = await createUser("holder");
    const { AccessKey } = await trial.iam.createAccessKey({}, asUser("holder"));
    const { AccessKeyId, SecretAccessKey } = AccessKey!;
    assert.match(AccessKeyId!, /^AKIA[A-Z2-7]{16}$/);
    assert.equal(SecretAccessKey!.length, 40);
    assert.deepEqual(await trial.state.accessKeys.find(AccessKeyId!, undefined), {
      status: "valid",
      secretAccessKey: SecretAccessKey,
      principal: { kind: "user", accountId: "123456789012", arn: User!.Arn, userId: User!.UserId, userName: "holder" },
    });
    assert.deepEqual(await trial.state.accessKeys.find(AccessKeyId!, "token"), { status: "invalid-token" });
    await trial.iam.updateAccessKey({ UserName: "holder", AccessKeyId, Status: "Inactive" }, root);
    assert.deepEqual(await trial.state.accessKeys.find(AccessKeyId!, undefined), { status: "unknown" });
    const { AccessKeyMetadata } = await trial.iam.listAccessKeys({ UserName: "holder" }, root);
    assert.deepEqual(
      AccessKeyMetadata!.map(({ Status }) => Status),
      ["Inactive"],
    );
  });

  test("a key's principal follows the name of its user", async () => {
    await createUser("before");
    const { AccessKey } = await trial.iam.createAccessKey({ UserName: "before" }, root);
    const userName = async () => {
      const credential = await trial.state.accessKeys.find(AccessKey!.AccessKeyId!, undefined);
      return credential.status === "valid" && credential.principal.kind === "user" && credential.principal.userName;
    };
    assert.equal(await userName(), "before");
    await trial.iam.updateUser({ UserName: "before", NewUserName: "after" }, root);
    assert.equal(await userName(), "after");
  });

  test("a user has two keys at most and keeps its account until they are gone", async () => {
    const twin = { UserName: "twin" };
    await createUser("twin");
    const keys = [await trial.iam.createAccessKey(twin, root), await trial.iam.createAccessKey(twin, root)];
    await assert.rejects(trial.iam.createAccessKey(twin, root), { message: "Cannot exceed quota for AccessKeysPerUser: 2" });
    await assert.rejects(trial.iam.deleteUser(twin, root), { message: "Cannot delete entity, must delete access keys first." });
    for (const { AccessKey } of keys) await trial.iam.deleteAccessKey({ ...twin, AccessKeyId: AccessKey!.AccessKeyId }, root);
    await trial.iam.deleteUser(twin, root);
  });

  test("a key is found only under its own user", async () => {
    await createUser("owner");
    await createUser("stranger");
    const { AccessKey } = await trial.iam.createAccessKey({ UserName: "owner" }, root);
    const { AccessKeyId } = AccessKey!;
    await assert.rejects(trial.iam.deleteAccessKey({ UserName: "stranger", AccessKeyId }, root), {
      code: "NoSuchEntityException",
      message: `The Access Key with id ${AccessKeyId} cannot be found.`,
    });
    assert.equal((await trial.iam.getAccessKeyLastUsed({ AccessKeyId }, root)).UserName, "owner");
  });

  test("what another machine changed is noticed within seconds", async () => {
    await createUser("roaming");
    const { AccessKey } = await trial.iam.createAccessKey({ UserName: "roaming" }, root);
    const status = async () => (await trial.state.accessKeys.find(AccessKey!.AccessKeyId!, undefined)).status;
    assert.equal(await status(), "valid");
    await trial.state.store.write([saveAccessKeyStatus(AccessKey!.AccessKeyId!, "Inactive")]);
    assert.equal(await status(), "valid");
    await trial.clock.advance(accessKeyMemoryMs);
    assert.equal(await status(), "unknown");
  });

  test("who is no user has to name one", async () => {
    const as = { kind: "service", accountId: "123456789012", servicePrincipal: "lambda.amazonaws.com" } as const;
    await assert.rejects(trial.iam.listAccessKeys({}, { as, region: "eu-central-1" }), { code: "ValidationError" });
  });
});
