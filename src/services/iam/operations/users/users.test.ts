import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IamTrial, asUser, openIamTrial, root } from "../../trial.ts";

describe("users and groups", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());

  test("without a name, GetUser shows the caller", async () => {
    const { User } = await trial.iam.createUser({ UserName: "caller" }, root);
    assert.match(User!.UserId!, /^AIDA[A-Z2-7]{17}$/);
    assert.deepEqual((await trial.iam.getUser({}, asUser("caller"))).User, User);
    assert.equal((await trial.iam.getUser({}, root)).User!.Arn, "arn:aws:iam::123456789012:root");
  });

  test("a new name keeps what belongs to the user", async () => {
    await trial.iam.createUser({ UserName: "old", Tags: [{ Key: "k", Value: "v" }] }, root);
    await trial.iam.createUser({ UserName: "taken" }, root);
    await assert.rejects(trial.iam.updateUser({ UserName: "old", NewUserName: "taken" }, root), { code: "EntityAlreadyExistsException" });
    await trial.iam.updateUser({ UserName: "old", NewUserName: "new", NewPath: "/moved/" }, root);
    const { User } = await trial.iam.getUser({ UserName: "new" }, root);
    assert.equal(User!.Arn, "arn:aws:iam::123456789012:user/moved/new");
    assert.deepEqual(User!.Tags, [{ Key: "k", Value: "v" }]);
    await assert.rejects(trial.iam.getUser({ UserName: "old" }, root), { message: "The user with name old cannot be found." });
  });

  test("groups hold users, and neither goes before they part", async () => {
    const pair = { UserName: "member", GroupName: "crew" };
    await trial.iam.createUser({ UserName: "member" }, root);
    await trial.iam.createGroup({ GroupName: "crew" }, root);
    await trial.iam.addUserToGroup(pair, root);
    await trial.iam.addUserToGroup(pair, root);
    assert.deepEqual(
      (await trial.iam.getGroup({ GroupName: "crew" }, root)).Users!.map(({ UserName }) => UserName),
      ["member"],
    );
    assert.deepEqual(
      (await trial.iam.listGroupsForUser({ UserName: "member" }, root)).Groups!.map(({ GroupName }) => GroupName),
      ["crew"],
    );
    await assert.rejects(trial.iam.deleteUser({ UserName: "member" }, root), {
      message: "Cannot delete entity, must remove users from group first.",
    });
    await assert.rejects(trial.iam.deleteGroup({ GroupName: "crew" }, root), {
      message: "Cannot delete entity, must remove users from group first.",
    });
    await trial.iam.removeUserFromGroup(pair, root);
    await trial.iam.deleteGroup({ GroupName: "crew" }, root);
    await trial.iam.deleteUser({ UserName: "member" }, root);
    assert.deepEqual((await trial.iam.listGroups({}, root)).Groups, []);
  });

  test("what a user cannot have is an empty list or no such entity", async () => {
    await trial.iam.createUser({ UserName: "bare" }, root);
    const bare = { UserName: "bare" };
    assert.deepEqual((await trial.iam.listMFADevices(bare, root)).MFADevices, []);
    assert.deepEqual((await trial.iam.listSSHPublicKeys(bare, root)).SSHPublicKeys, []);
    assert.deepEqual((await trial.iam.listSigningCertificates(bare, root)).Certificates, []);
    await assert.rejects(trial.iam.deleteLoginProfile(bare, root), { message: "Login Profile for User bare cannot be found." });
  });
});
