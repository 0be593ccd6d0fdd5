import assert from "node:assert/strict";
import { test } from "node:test";
import { openSnsTrial, root } from "../trial.ts";

test("an endpoint gets as many requests in a second as its policy allows, others get theirs meanwhile, and none is lost", async () => {
  await using trial = await openSnsTrial();
  const { TopicArn } = await trial.sns.createTopic({ Name: "throttled" }, root);
  const confirmed = async (Endpoint: string, Attributes: Record<string, string>): Promise<string> => {
    await trial.sns.subscribe({ TopicArn, Protocol: "http", Endpoint, Attributes }, root);
    await trial.settle();
    const { Token } = JSON.parse(trial.posts.at(-1)!.body) as { Token: string };
    return (await trial.sns.confirmSubscription({ TopicArn, Token }, root)).SubscriptionArn!;
  };
  const DeliveryPolicy = JSON.stringify({ throttlePolicy: { maxReceivesPerSecond: 3 } });
  const slow = await confirmed("http://slow.test/", { DeliveryPolicy });
  await confirmed("http://quick.test/", {});
  // To the beginning of a second.
  await trial.clock.advance(1_000 - (trial.clock.now() % 1_000));
  for (let number = 0; number < 8; number++) await trial.sns.publish({ TopicArn, Message: String(number) }, root);
  const got = (host: string): number =>
    trial.posts.filter(({ url, marks }) => url === `http://${host}.test/` && marks["message-type"] === "Notification").length;
  const reaches = async (slowCount: number): Promise<void> => {
    for (let left = 400; (got("slow") < slowCount || got("quick") < 8) && left > 0; left--)
      await new Promise((done) => setTimeout(done, 5));
    // One more would have come by now.
    await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual([got("slow"), got("quick")], [slowCount, 8]);
  };
  await reaches(3);
  await trial.clock.advance(1_000);
  await reaches(6);
  await trial.clock.advance(1_000);
  await reaches(8);
  const { Attributes } = await trial.sns.getSubscriptionAttributes({ SubscriptionArn: slow }, root);
  const { throttlePolicy, guaranteed, requestPolicy } = JSON.parse(Attributes!.EffectiveDeliveryPolicy!) as Record<string, unknown>;
  assert.deepEqual(
    [throttlePolicy, guaranteed, requestPolicy],
    [{ maxReceivesPerSecond: 3 }, false, { headerContentType: "text/plain; charset=UTF-8" }],
  );
});
