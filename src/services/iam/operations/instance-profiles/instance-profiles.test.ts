import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IamTrial, openIamTrial, root, trustPolicy } from "../../trial.ts";

describe("instance profiles", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());

  test("a profile holds one role, which stays while it does", async () => {
    const pair = { InstanceProfileName: "profile", RoleName: "role" };
    await trial.iam.createInstanceProfile({ InstanceProfileName: "profile" }, root);
    await trial.iam.createRole({ RoleName: "role", AssumeRolePolicyDocument: trustPolicy }, root);
    await trial.iam.addRoleToInstanceProfile(pair, root);
    await assert.rejects(trial.iam.addRoleToInstanceProfile(pair, root), {
      message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    });
    const { InstanceProfiles } = await trial.iam.listInstanceProfilesForRole({ RoleName: "role" }, root);
    assert.equal(InstanceProfiles![0]!.Roles![0]!.RoleName, "role");
    await assert.rejects(trial.iam.deleteRole({ RoleName: "role" }, root), {
      message: "Cannot delete entity, must remove roles from instance profile first.",
    });
    await assert.rejects(trial.iam.deleteInstanceProfile({ InstanceProfileName: "profile" }, root), { code: "DeleteConflictException" });
    await trial.iam.removeRoleFromInstanceProfile(pair, root);
    await trial.iam.deleteRole({ RoleName: "role" }, root);
    await trial.iam.deleteInstanceProfile({ InstanceProfileName: "profile" }, root);
    await assert.rejects(trial.iam.getInstanceProfile({ InstanceProfileName: "profile" }, root), {
      message: "Instance Profile profile cannot be found.",
    });
  });
});
