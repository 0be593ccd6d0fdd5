import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountId, arnOf, openSnsTrial, queueArn, region, root, type SnsTrial } from "../trial.ts";

describe("the operations of SNS", () => {
  let trial: SnsTrial;
  let sns: SnsTrial["sns"];
  before(async () => {
    trial = await openSnsTrial();
    ({ sns } = trial);
  });
  after(() => trial[Symbol.asyncDispose]());

  test("a topic shows what AWS's shows", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "plain" }, root);
    assert.equal(TopicArn, arnOf("plain"));
    const { Attributes } = await sns.getTopicAttributes({ TopicArn }, root);
    const { Policy, EffectiveDeliveryPolicy, ...rest } = Attributes!;
    assert.deepEqual(rest, {
      ...{ DisplayName: "", Owner: accountId, TopicArn },
      ...{ SubscriptionsConfirmed: "0", SubscriptionsDeleted: "0", SubscriptionsPending: "0" },
    });
    assert.equal((JSON.parse(Policy!) as { Id: string }).Id, "__default_policy_ID");
    assert.match(EffectiveDeliveryPolicy!, /"numRetries":3/);
  });

  test("creating a topic again is the same topic, unless it is said to be another", async () => {
    const Attributes = { DisplayName: "Shop" };
    const first = await sns.createTopic({ Name: "again", Attributes }, root);
    assert.deepEqual(await sns.createTopic({ Name: "again" }, root), first);
    assert.deepEqual(await sns.createTopic({ Name: "again", Attributes }, root), first);
    await assert.rejects(sns.createTopic({ Name: "again", Attributes: { DisplayName: "Bank" } }, root), {
      message: "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    });
  });

  test("attributes can be set and taken back", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "set" }, root);
    const set = (AttributeName: string, AttributeValue: string) =>
      sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue }, root);
    await set("DisplayName", "Shop");
    await set("SignatureVersion", "2");
    const shown = async () => (await sns.getTopicAttributes({ TopicArn }, root)).Attributes!;
    assert.deepEqual([(await shown()).DisplayName, (await shown()).SignatureVersion], ["Shop", "2"]);
    await set("DisplayName", "");
    assert.equal((await shown()).DisplayName, "");
    await assert.rejects(set("ContentBasedDeduplication", "true"), { message: "Invalid parameter: AttributeName" });
    await assert.rejects(set("Policy", "no policy"), { code: "InvalidParameterException" });
  });

  test("permissions are statements of the policy", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "shared" }, root);
    const permission = { TopicArn, Label: "friends", AWSAccountId: ["111122223333"], ActionName: ["Publish"] };
    await sns.addPermission(permission, root);
    const statements = async () => {
      const { Policy } = (await sns.getTopicAttributes({ TopicArn }, root)).Attributes!;
      return (JSON.parse(Policy!) as { Statement: Array<Record<string, unknown>> }).Statement;
    };
    assert.deepEqual((await statements())[1], {
      Sid: "friends",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "SNS:Publish",
      Resource: TopicArn,
    });
    await assert.rejects(sns.addPermission(permission, root), { message: "Invalid parameter: Statement already exists" });
    await assert.rejects(sns.addPermission({ ...permission, Label: "x", ActionName: ["Fly"] }, root), {
      message: "Invalid parameter: Policy statement action out of service scope!",
    });
    await sns.removePermission({ TopicArn, Label: "friends" }, root);
    assert.equal((await statements()).length, 1);
  });

  test("a policy whose statements are none is refused", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "strange-policy" }, root);
    for (const Statement of [null, 1, [null]]) {
      const change = { TopicArn, AttributeName: "Policy", AttributeValue: JSON.stringify({ Statement }) };
      await assert.rejects(sns.setTopicAttributes(change, root), { code: "InvalidParameterException" });
    }
  });

  test("topics are paged by a hundred, each region for itself", async () => {
    const far = { ...root, region: "us-west-2" };
    for (let at = 0; at < 101; at++) await sns.createTopic({ Name: `page-${at}` }, far);
    const first = await sns.listTopics({}, far);
    const second = await sns.listTopics({ NextToken: first.NextToken }, far);
    assert.deepEqual([first.Topics!.length, second.Topics!.length, second.NextToken], [100, 1, undefined]);
    await assert.rejects(sns.listTopics({ NextToken: "nonsense" }, far), { message: "Invalid parameter: NextToken" });
    assert.ok((await sns.listTopics({}, root)).Topics!.every(({ TopicArn: arn }) => arn!.includes(region)));
  });

  test("tags are added, replaced and removed", async () => {
    const { TopicArn: ResourceArn } = await sns.createTopic({ Name: "tagged", Tags: [{ Key: "a", Value: "1" }] }, root);
    await sns.tagResource(
      {
        ResourceArn,
        Tags: [
          { Key: "b", Value: "2" },
          { Key: "a", Value: "3" },
        ],
      },
      root,
    );
    await sns.untagResource({ ResourceArn, TagKeys: ["b"] }, root);
    await assert.rejects(sns.tagResource({ ResourceArn, Tags: [{ Key: "aws:stack", Value: "x" }] }, root), {
      code: "InvalidParameterException",
    });
    assert.deepEqual((await sns.listTagsForResource({ ResourceArn }, root)).Tags, [{ Key: "a", Value: "3" }]);
  });

  test("subscribing twice is one subscription; deleting the topic ends it", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "twice" }, root);
    const request = { TopicArn, Protocol: "sqs", Endpoint: queueArn("twice") };
    const first = await sns.subscribe(request, root);
    assert.deepEqual(await sns.subscribe(request, root), first);
    await assert.rejects(sns.subscribe({ ...request, Attributes: { RawMessageDelivery: "true" } }, root), {
      message: "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    });
    await sns.deleteTopic({ TopicArn }, root);
    await sns.deleteTopic({ TopicArn }, root);
    await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn: first.SubscriptionArn }, root), { code: "NotFoundException" });
  });

  test("a subscription shows its filter's scope with its filter", async () => {
    const { TopicArn } = await sns.createTopic({ Name: "scoped" }, root);
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn("scoped") }, root);
    const set = (AttributeName: string, AttributeValue: string) =>
      sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }, root);
    const shown = async () => (await sns.getSubscriptionAttributes({ SubscriptionArn }, root)).Attributes!;
    await set("FilterPolicyScope", "MessageBody");
    assert.equal((await shown()).FilterPolicyScope, undefined);
    await set("FilterPolicy", '{"a": {"b": ["c"]}}');
    assert.equal((await shown()).FilterPolicyScope, "MessageBody");
    await set("FilterPolicy", "");
    assert.equal((await shown()).FilterPolicy, undefined);
    assert.deepEqual([(await shown()).PendingConfirmation, (await shown()).ConfirmationWasAuthenticated], ["false", "true"]);
  });

  test("data protection policies are kept", async () => {
    const { TopicArn: ResourceArn } = await sns.createTopic({ Name: "protected" }, root);
    const DataProtectionPolicy = '{"Name": "p"}';
    await sns.putDataProtectionPolicy({ ResourceArn, DataProtectionPolicy }, root);
    assert.equal((await sns.getDataProtectionPolicy({ ResourceArn }, root)).DataProtectionPolicy, DataProtectionPolicy);
    await assert.rejects(sns.putDataProtectionPolicy({ ResourceArn, DataProtectionPolicy: "x" }, root), {
      code: "InvalidParameterException",
    });
  });

  test("applications have devices, to which messages go by way of the outbox", async () => {
    const application = { Name: "app", Platform: "GCM", Attributes: { PlatformCredential: "secret" } };
    const { PlatformApplicationArn } = await sns.createPlatformApplication(application, root);
    const { Attributes } = await sns.getPlatformApplicationAttributes({ PlatformApplicationArn }, root);
    assert.deepEqual(Attributes, { Enabled: "true" }, "credentials are not shown");
    const { EndpointArn } = await sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "device" }, root);
    assert.deepEqual(await sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "device" }, root), { EndpointArn });
    await sns.publish({ TargetArn: EndpointArn, Message: "hello" }, root);
    assert.equal((await trial.state.outbox.list(1))[0]!.destination, EndpointArn);
    await sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: "false" } }, root);
    await assert.rejects(sns.publish({ TargetArn: EndpointArn, Message: "hello" }, root), { code: "EndpointDisabledException" });
    assert.equal((await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn }, root)).Endpoints!.length, 1);
    await sns.deletePlatformApplication({ PlatformApplicationArn }, root);
    await assert.rejects(sns.getEndpointAttributes({ EndpointArn }, root), { message: "Endpoint does not exist" });
    assert.deepEqual((await sns.listPlatformApplications({}, root)).PlatformApplications, []);
  });

  test("a number of the sandbox is verified by the password that was sent to it", async () => {
    const PhoneNumber = "+15551234567";
    await sns.createSMSSandboxPhoneNumber({ PhoneNumber }, root);
    const [text] = (await trial.state.outbox.list(10)).filter(({ destination }) => destination === PhoneNumber);
    const OneTimePassword = /\d{6}$/.exec(text!.body)![0];
    const wrong = OneTimePassword === "000000" ? "000001" : "000000";
    await assert.rejects(sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword: wrong }, root), { code: "VerificationException" });
    await sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword }, root);
    assert.deepEqual((await sns.listSMSSandboxPhoneNumbers({}, root)).PhoneNumbers, [{ PhoneNumber, Status: "Verified" }]);
    await sns.deleteSMSSandboxPhoneNumber({ PhoneNumber }, root);
    assert.deepEqual((await sns.listSMSSandboxPhoneNumbers({}, root)).PhoneNumbers, []);
  });

  test("settings of text messages are kept", async () => {
    await sns.setSMSAttributes({ attributes: { DefaultSMSType: "Transactional", DefaultSenderID: "Shop" } }, root);
    const { attributes } = await sns.getSMSAttributes({ attributes: ["DefaultSMSType"] }, root);
    assert.deepEqual(attributes, { DefaultSMSType: "Transactional" });
    await assert.rejects(sns.setSMSAttributes({ attributes: { Wrong: "x" } }, root), { code: "InvalidParameterException" });
    await sns.setSMSAttributes({ attributes: { DefaultSMSType: "" } }, root);
    assert.deepEqual((await sns.getSMSAttributes({}, root)).attributes, { DefaultSenderID: "Shop" });
  });
});
