import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IamTrial, logsPolicy, openIamTrial, root, trustPolicy } from "../../trial.ts";

describe("policies", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());
  const create = async (PolicyName: string, Path = "/") =>
    (await trial.iam.createPolicy({ PolicyName, Path, PolicyDocument: logsPolicy, Description: "d" }, root)).Policy!.Arn!;
  const addVersion = (PolicyArn: string) =>
    trial.iam.createPolicyVersion({ PolicyArn, PolicyDocument: logsPolicy, SetAsDefault: true }, root);

  test("a policy is created, shown and deleted", async () => {
    const PolicyArn = await create("shown", "/team/");
    assert.equal(PolicyArn, "arn:aws:iam::123456789012:policy/team/shown");
    const { Policy } = await trial.iam.getPolicy({ PolicyArn }, root);
    assert.match(Policy!.PolicyId!, /^ANPA[A-Z2-7]{17}$/);
    assert.deepEqual([Policy!.DefaultVersionId, Policy!.AttachmentCount, Policy!.Description], ["v1", 0, "d"]);
    await assert.rejects(create("SHOWN"), { message: "A policy called SHOWN already exists. Duplicate names are not allowed." });
    await trial.iam.deletePolicy({ PolicyArn }, root);
    await assert.rejects(trial.iam.getPolicy({ PolicyArn }, root), { message: `Policy ${PolicyArn} was not found.` });
  });

  test("versions count up, five at most, and one is the default", async () => {
    const PolicyArn = await create("versioned");
    for (let version = 2; version <= 5; version++) {
      const { PolicyVersion } = await addVersion(PolicyArn);
      assert.deepEqual([PolicyVersion!.VersionId, PolicyVersion!.IsDefaultVersion], [`v${version}`, true]);
    }
    await assert.rejects(addVersion(PolicyArn), { code: "LimitExceededException" });
    await assert.rejects(trial.iam.deletePolicyVersion({ PolicyArn, VersionId: "v5" }, root), {
      message: "Cannot delete the default version of a policy.",
    });
    await trial.iam.setDefaultPolicyVersion({ PolicyArn, VersionId: "v2" }, root);
    await trial.iam.deletePolicyVersion({ PolicyArn, VersionId: "v5" }, root);
    assert.equal((await addVersion(PolicyArn)).PolicyVersion!.VersionId, "v6");
    const { Versions } = await trial.iam.listPolicyVersions({ PolicyArn }, root);
    assert.deepEqual(
      Versions!.map(({ VersionId }) => VersionId),
      ["v6", "v4", "v3", "v2", "v1"],
    );
    const { PolicyVersion } = await trial.iam.getPolicyVersion({ PolicyArn, VersionId: "v2" }, root);
    assert.equal(PolicyVersion!.Document, encodeURIComponent(logsPolicy).replaceAll("*", "%2A"));
    await assert.rejects(trial.iam.deletePolicy({ PolicyArn }, root), { message: /more than one version/ });
  });

  test("a policy in use is not deleted", async () => {
    const PolicyArn = await create("used");
    await trial.iam.createRole({ RoleName: "user-of-it", AssumeRolePolicyDocument: trustPolicy }, root);
    await trial.iam.createUser({ UserName: "bounded", PermissionsBoundary: PolicyArn }, root);
    await trial.iam.attachRolePolicy({ RoleName: "user-of-it", PolicyArn }, root);
    const { Policy } = await trial.iam.getPolicy({ PolicyArn }, root);
    assert.deepEqual([Policy!.AttachmentCount, Policy!.PermissionsBoundaryUsageCount], [1, 1]);
    const users = await trial.iam.listEntitiesForPolicy({ PolicyArn }, root);
    assert.deepEqual([users.PolicyRoles![0]!.RoleName, users.PolicyUsers![0]!.UserName, users.PolicyGroups], ["user-of-it", "bounded", []]);
    await trial.iam.detachRolePolicy({ RoleName: "user-of-it", PolicyArn }, root);
    await assert.rejects(trial.iam.deletePolicy({ PolicyArn }, root), { message: "Cannot delete a policy attached to entities." });
    await trial.iam.deleteUserPermissionsBoundary({ UserName: "bounded" }, root);
    await trial.iam.deletePolicy({ PolicyArn }, root);
  });

  test("deleting a policy and attaching it cannot both win", async () => {
    const PolicyArn = await create("contended");
    await trial.iam.createUser({ UserName: "contender" }, root);
    const [attached, deleted] = await Promise.allSettled([
      trial.iam.attachUserPolicy({ UserName: "contender", PolicyArn }, root),
      trial.iam.deletePolicy({ PolicyArn }, root),
    ]);
    assert.notEqual(attached.status, deleted.status);
  });

  test("AWS's policies can be read but not changed", async () => {
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    const { Policy } = await trial.iam.getPolicy({ PolicyArn }, root);
    const { PolicyVersion } = await trial.iam.getPolicyVersion({ PolicyArn, VersionId: Policy!.DefaultVersionId }, root);
    assert.deepEqual(JSON.parse(decodeURIComponent(PolicyVersion!.Document!)), {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" }],
    });
    await assert.rejects(trial.iam.deletePolicy({ PolicyArn }, root), { code: "AccessDenied" });
  });

  test("lists can be narrowed to own, used, and a path", async () => {
    await create("listed", "/narrow/");
    const names = async (more: object) =>
      (await trial.iam.listPolicies({ PathPrefix: "/narrow/", ...more }, root)).Policies!.map((policy) => policy.PolicyName);
    assert.deepEqual(await names({}), ["listed"]);
    assert.deepEqual(await names({ OnlyAttached: true }), []);
    assert.deepEqual(await names({ Scope: "AWS" }), []);
    assert.deepEqual(await names({ PolicyUsageFilter: "PermissionsBoundary" }), []);
  });

  test("what is no policy's ARN is refused", async () => {
    const PolicyArn = "arn:aws:iam::123456789012:role/not-a-policy";
    await assert.rejects(trial.iam.getPolicy({ PolicyArn }, root), {
      code: "InvalidInputException",
      message: `ARN ${PolicyArn} is not valid.`,
    });
  });
});
