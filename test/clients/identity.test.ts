/** STS and IAM, as the AWS SDK sees them: who is who, and which credentials are whose. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountId, type Clients, connect, type Product, roleArn, startProduct } from "#test/product.ts";

describe("identities", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  /** Clients with other credentials, for the length of a call. */
  const as = async <T>(
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
    use: (clients: Clients) => Promise<T>,
  ): Promise<T> => {
    const clients = connect(product.endpoint, credentials);
    try {
      return await use(clients);
    } finally {
      for (const client of Object.values(clients)) client.destroy();
    }
  };
  const whoAmI = ({ sts }: Clients) => sts.getCallerIdentity({}).then(({ Arn }) => Arn);

  test("root is root", async () => {
    const { $metadata, ...identity } = await product.sts.getCallerIdentity({});
    assert.deepEqual(identity, { Account: accountId, UserId: accountId, Arn: `arn:aws:iam::${accountId}:root` });
  });

  test("a user's keys are the user's, while they are active", async () => {
    const { iam } = product;
    await iam.createUser({ UserName: "ada" });
    const { AccessKey } = await iam.createAccessKey({ UserName: "ada" });
    const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
    assert.equal(await as(credentials, whoAmI), `arn:aws:iam::${accountId}:user/ada`);
    await assert.rejects(as({ ...credentials, secretAccessKey: "wrong" }, whoAmI), { name: "SignatureDoesNotMatch" });
    await iam.updateAccessKey({ UserName: "ada", AccessKeyId: credentials.accessKeyId, Status: "Inactive" });
    await assert.rejects(as(credentials, whoAmI), { name: "InvalidClientTokenId" });
  });

  test("a role's session is the role's, and nobody else's", async () => {
    const { Credentials, AssumedRoleUser } = await product.sts.assumeRole({
      RoleArn: roleArn,
      RoleSessionName: "visit",
      DurationSeconds: 900,
    });
    const credentials = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    assert.equal(AssumedRoleUser!.Arn, `arn:aws:sts::${accountId}:assumed-role/function-role/visit`);
    assert.ok(Math.abs(Credentials!.Expiration!.getTime() - Date.now() - 900_000) < 10_000);
    assert.equal(await as(credentials, whoAmI), AssumedRoleUser!.Arn);
    await assert.rejects(as({ ...credentials, sessionToken: `x${credentials.sessionToken}` }, whoAmI), { name: "InvalidClientTokenId" });
    const { sessionToken, ...withoutToken } = credentials;
    await assert.rejects(as(withoutToken, whoAmI), { name: "InvalidClientTokenId" });
  });

  test("a role that is not there cannot be assumed, nor longer than it allows", async () => {
    const { sts } = product;
    const missing = `arn:aws:iam::${accountId}:role/missing`;
    await assert.rejects(sts.assumeRole({ RoleArn: missing, RoleSessionName: "visit" }), {
      name: "AccessDenied",
      message: `User: arn:aws:iam::${accountId}:root is not authorized to perform: sts:AssumeRole on resource: ${missing}`,
    });
    await assert.rejects(sts.assumeRole({ RoleArn: roleArn, RoleSessionName: "visit", DurationSeconds: 7_200 }), {
      name: "ValidationError",
      message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
    await assert.rejects(sts.assumeRole({ RoleArn: roleArn, RoleSessionName: "x" }), { name: "ValidationError" });
  });

  test("root gets a session of its own", async () => {
    const { Credentials } = await product.sts.getSessionToken({});
    const credentials = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    assert.equal(await as(credentials, whoAmI), `arn:aws:iam::${accountId}:root`);
  });

  test("roles carry policies, AWS's own among them", async () => {
    const { iam } = product;
    const basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    await iam.attachRolePolicy({ RoleName: "function-role", PolicyArn: basic });
    assert.deepEqual((await iam.listAttachedRolePolicies({ RoleName: "function-role" })).AttachedPolicies, [
      { PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: basic },
    ]);
    const { Role } = await iam.getRole({ RoleName: "function-role" });
    assert.match(decodeURIComponent(Role!.AssumeRolePolicyDocument!), /lambda\.amazonaws\.com/);
    await assert.rejects(iam.deleteRole({ RoleName: "function-role" }), {
      name: "DeleteConflictException",
      message: "Cannot delete entity, must detach all policies first.",
    });
    await assert.rejects(iam.getRole({ RoleName: "nobody" }), {
      name: "NoSuchEntityException",
      message: "The role with name nobody cannot be found.",
    });
  });

  test("a function needs a role that trusts Lambda", async () => {
    const { iam, lambda } = product;
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    await iam.createRole({ RoleName: "not-for-lambda", AssumeRolePolicyDocument: JSON.stringify(trust) });
    for (const name of ["not-for-lambda", "missing"]) {
      const creation = lambda.createFunction({
        FunctionName: "untrusted",
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: `arn:aws:iam::${accountId}:role/${name}`,
        Code: { ZipFile: Buffer.from("irrelevant") },
      });
      await assert.rejects(
        creation,
        { name: "InvalidParameterValueException", message: "The role defined for the function cannot be assumed by Lambda." },
        name,
      );
    }
  });
});
