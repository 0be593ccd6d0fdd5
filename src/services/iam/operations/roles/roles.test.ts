import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rootPrincipal } from "#wire/principal.ts";
import { type IamTrial, logsPolicy, openIamTrial, root, trustPolicy } from "../../trial.ts";

const lambdaLogs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

describe("roles", () => {
  let trial: IamTrial;
  before(async () => void (trial = await openIamTrial()));
  after(() => trial[Symbol.asyncDispose]());
  const createRole = (RoleName: string, more: object = {}) =>
    trial.iam.createRole({ RoleName, AssumeRolePolicyDocument: trustPolicy, ...more }, root);
  const attach = (RoleName: string, PolicyArn: string) => trial.iam.attachRolePolicy({ RoleName, PolicyArn }, root);

  test("a role is created, shown and deleted", async () => {
    const { Role: created } = await createRole("plain", { Path: "/team/", Description: "d", Tags: [{ Key: "Team", Value: "a" }] });
    assert.match(created!.RoleId!, /^AROA[A-Z2-7]{17}$/);
    assert.equal(created!.Arn, "arn:aws:iam::123456789012:role/team/plain");
    assert.equal(created!.MaxSessionDuration, undefined);
    const { Role: role } = await trial.iam.getRole({ RoleName: "plain" }, root);
    assert.equal(role!.MaxSessionDuration, 3600);
    assert.equal(role!.AssumeRolePolicyDocument, encodeURIComponent(trustPolicy));
    assert.deepEqual(role!.Tags, [{ Key: "Team", Value: "a" }]);
    assert.deepEqual(role!.RoleLastUsed, {});
    assert.equal(role!.CreateDate!.getTime() % 1000, 0);
    await trial.iam.deleteRole({ RoleName: "plain" }, root);
    await assert.rejects(trial.iam.getRole({ RoleName: "plain" }, root), {
      code: "NoSuchEntityException",
      message: "The role with name plain cannot be found.",
    });
  });

  test("names are unique, case ignored", async () => {
    await createRole("Unique");
    await assert.rejects(createRole("uNIQUE"), { code: "EntityAlreadyExistsException", message: "Role with name uNIQUE already exists." });
  });

  test("accounts do not see each other", async () => {
    await createRole("private");
    const other = { as: rootPrincipal("210987654321"), region: root.region };
    await assert.rejects(trial.iam.getRole({ RoleName: "private" }, other), { code: "NoSuchEntityException" });
    assert.deepEqual((await trial.iam.listRoles({}, other)).Roles, []);
  });

  test("updates change what they name", async () => {
    await createRole("updated", { Description: "before", MaxSessionDuration: 7200 });
    await trial.iam.updateRole({ RoleName: "updated", MaxSessionDuration: 14400 }, root);
    const { Role: longer } = await trial.iam.getRole({ RoleName: "updated" }, root);
    assert.deepEqual([longer!.Description, longer!.MaxSessionDuration], ["before", 14400]);
    const { Role: described } = await trial.iam.updateRoleDescription({ RoleName: "updated", Description: "after" }, root);
    assert.equal(described!.Description, "after");
    const PolicyDocument = trustPolicy.replace("lambda", "ec2");
    await trial.iam.updateAssumeRolePolicy({ RoleName: "updated", PolicyDocument }, root);
    const { Role: trusting } = await trial.iam.getRole({ RoleName: "updated" }, root);
    assert.equal(decodeURIComponent(trusting!.AssumeRolePolicyDocument!), PolicyDocument);
  });

  test("inline policies are put, shown encoded, listed and deleted", async () => {
    const named = { RoleName: "inline", PolicyName: "p" };
    await createRole("inline");
    await assert.rejects(trial.iam.getRolePolicy(named, root), { message: "The role policy with name p cannot be found." });
    await trial.iam.putRolePolicy({ ...named, PolicyDocument: logsPolicy }, root);
    await trial.iam.putRolePolicy({ ...named, PolicyDocument: logsPolicy.replace("logs:*", "s3:(x)") }, root);
    const { PolicyDocument } = await trial.iam.getRolePolicy(named, root);
    assert.match(PolicyDocument!, /s3%3A%28x%29/);
    assert.deepEqual((await trial.iam.listRolePolicies({ RoleName: "inline" }, root)).PolicyNames, ["p"]);
    await assert.rejects(trial.iam.deleteRole({ RoleName: "inline" }, root), {
      code: "DeleteConflictException",
      message: "Cannot delete entity, must delete policies first.",
    });
    await trial.iam.deleteRolePolicy(named, root);
    await trial.iam.deleteRole({ RoleName: "inline" }, root);
  });

  test("inline policies together stay under 10,240 characters", async () => {
    await createRole("large");
    const PolicyDocument = logsPolicy.replace("logs:*", `logs:${"x".repeat(6_000)}`);
    await trial.iam.putRolePolicy({ RoleName: "large", PolicyName: "one", PolicyDocument }, root);
    await trial.iam.putRolePolicy({ RoleName: "large", PolicyName: "one", PolicyDocument }, root);
    await assert.rejects(trial.iam.putRolePolicy({ RoleName: "large", PolicyName: "two", PolicyDocument }, root), {
      code: "LimitExceededException",
      message: "Maximum policy size of 10240 bytes exceeded for role large",
    });
  });

  test("managed policies are attached, listed and detached", async () => {
    await createRole("attached");
    await attach("attached", lambdaLogs);
    await attach("attached", lambdaLogs);
    const { AttachedPolicies } = await trial.iam.listAttachedRolePolicies({ RoleName: "attached" }, root);
    assert.deepEqual(AttachedPolicies, [{ PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: lambdaLogs }]);
    const unknown = "arn:aws:iam::123456789012:policy/none";
    await assert.rejects(attach("attached", unknown), { message: `Policy ${unknown} does not exist or is not attachable.` });
    await assert.rejects(trial.iam.deleteRole({ RoleName: "attached" }, root), {
      message: "Cannot delete entity, must detach all policies first.",
    });
    await trial.iam.detachRolePolicy({ RoleName: "attached", PolicyArn: lambdaLogs }, root);
    await assert.rejects(trial.iam.detachRolePolicy({ RoleName: "attached", PolicyArn: lambdaLogs }, root), {
      code: "NoSuchEntityException",
    });
  });

  test("of eleven policies attached at once, ten are", async () => {
    await createRole("crowded");
    const { Policies } = await trial.iam.listPolicies({ Scope: "AWS", MaxItems: 11 }, root);
    const results = await Promise.allSettled(Policies!.map(({ Arn }) => attach("crowded", Arn!)));
    const refused = results.filter((result) => result.status === "rejected");
    assert.deepEqual(
      refused.map(({ reason }) => (reason as Error).message),
      ["Cannot exceed quota for PoliciesPerRole: 10"],
    );
    const { AttachedPolicies } = await trial.iam.listAttachedRolePolicies({ RoleName: "crowded" }, root);
    assert.equal(AttachedPolicies!.length, 10);
  });

  test("a permissions boundary is an existing policy", async () => {
    await createRole("bounded", { PermissionsBoundary: lambdaLogs });
    const boundaryOf = async () =>
      (await trial.iam.getRole({ RoleName: "bounded" }, root)).Role!.PermissionsBoundary?.PermissionsBoundaryArn;
    assert.equal(await boundaryOf(), lambdaLogs);
    await trial.iam.deleteRolePermissionsBoundary({ RoleName: "bounded" }, root);
    assert.equal(await boundaryOf(), undefined);
    const PermissionsBoundary = "arn:aws:iam::aws:policy/None";
    await assert.rejects(trial.iam.putRolePermissionsBoundary({ RoleName: "bounded", PermissionsBoundary }, root), {
      code: "NoSuchEntityException",
    });
  });

  test("tags are replaced without regard to case", async () => {
    await createRole("tagged", { Tags: [{ Key: "a", Value: "1" }] });
    await trial.iam.tagRole(
      {
        RoleName: "tagged",
        Tags: [
          { Key: "A", Value: "2" },
          { Key: "b", Value: "3" },
        ],
      },
      root,
    );
    await trial.iam.untagRole({ RoleName: "tagged", TagKeys: ["B"] }, root);
    const { Tags } = await trial.iam.listRoleTags({ RoleName: "tagged" }, root);
    assert.deepEqual(Tags, [{ Key: "A", Value: "2" }]);
  });

  test("lists go by path, in pages", async () => {
    for (const name of ["c", "a", "B"]) await createRole(name, { Path: "/paged/" });
    const names: string[] = [];
    for (let Marker: string | undefined; ;) {
      const shown = await trial.iam.listRoles({ PathPrefix: "/paged/", MaxItems: 2, Marker }, root);
      names.push(...shown.Roles!.map(({ RoleName }) => RoleName!));
      if (!shown.IsTruncated) break;
      Marker = shown.Marker;
    }
    assert.deepEqual(names, ["a", "B", "c"]);
    await assert.rejects(trial.iam.listRoles({ Marker: "nonsense" }, root), { code: "ValidationError" });
  });

  test("service-linked roles are their service's", async () => {
    const { Role } = await trial.iam.createServiceLinkedRole({ AWSServiceName: "lambda.amazonaws.com" }, root);
    assert.equal(Role!.Arn, "arn:aws:iam::123456789012:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda");
    await assert.rejects(attach(Role!.RoleName!, lambdaLogs), { code: "UnmodifiableEntityException" });
    const { DeletionTaskId } = await trial.iam.deleteServiceLinkedRole({ RoleName: Role!.RoleName }, root);
    assert.equal((await trial.iam.getServiceLinkedRoleDeletionStatus({ DeletionTaskId }, root)).Status, "SUCCEEDED");
  });
});
