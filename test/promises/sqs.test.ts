/** What SendMessage answered with success is received, whatever is killed when. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { accountId, connect, type ProductProcess, spawnProduct } from "#test/product.ts";

const kills = long ? 50 : 1;
const sentBetweenKills = 200;
const producers = 4;
const path = (name: string): string => `http://localhost/${accountId}/${name}`;

interface Ledger {
  /** Bodies that were accepted, in the order of their sending within each producer. */
  sent: string[];
  received: string[];
  /** Bodies whose deletion was accepted. */
  deleted: Set<string>;
}

describe("a queue whose process is killed again and again", () => {
  let dataFolder: string;
  let product: ProductProcess;

  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-sqs-"));
    product = await spawnProduct(dataFolder);
  });
  after(async () => {
    product.process.kill("SIGKILL");
    await rm(dataFolder, { recursive: true, force: true });
  });

  async function runThroughKills(name: string): Promise<Ledger> {
    const ledger: Ledger = { sent: [], received: [], deleted: new Set() };
    for (let round = 0; round < kills; round++) {
      const work = [
        ...Array.from({ length: producers }, (_, producer) => produce(product, name, `${round}-${producer}`, ledger)),
        ...[1, 2].map(() => consume(product, name, ledger)),
      ];
      await eventually(
        async () => ledger.sent.length,
        (count) => count >= sentBetweenKills * (round + 1),
        30,
      );
      product.process.kill("SIGKILL");
      await Promise.all(work);
      product = await spawnProduct(dataFolder);
    }
    const consuming = consume(product, name, ledger);
    await eventually(
      // What was received is recorded before it is deleted, so that a deletion whose answer is lost counts as well.
      async () => {
        const received = new Set(ledger.received);
        return ledger.sent.filter((body) => !received.has(body));
      },
      (missing) => missing.length === 0,
      30,
    );
    product.process.kill("SIGKILL");
    await consuming;
    product = await spawnProduct(dataFolder);
    return ledger;
  }

  test("loses no message, and brings none back that was deleted", async () => {
    await connect(product.endpoint).sqs.createQueue({ QueueName: "standard", Attributes: { VisibilityTimeout: "2" } });
    const ledger = await runThroughKills("standard");
    assert.ok(ledger.sent.length >= sentBetweenKills * kills);
    // eventually() has seen that nothing is missing. What is left now was accepted, but its sender was not told.
    const left = await receiveRest(product, "standard");
    assert.deepEqual(
      left.filter((body) => ledger.deleted.has(body)),
      [],
    );
  });

  test("keeps the order of each group", async () => {
    const Attributes = { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "2" };
    await connect(product.endpoint).sqs.createQueue({ QueueName: "ordered.fifo", Attributes });
    const { received } = await runThroughKills("ordered.fifo");
    const next = new Map<string, number>();
    for (const body of received) {
      const [group, number] = [body.slice(0, body.lastIndexOf("-")), Number(body.slice(body.lastIndexOf("-") + 1))];
      // The same one may come twice; never one before its predecessors.
      const expected = next.get(group) ?? 0;
      assert.ok(number <= expected, `${body} came before ${group}-${expected}`);
      if (number === expected) next.set(group, expected + 1);
    }
  });
});

/** Sends until the product is gone. Each body is `WHO-NUMBER`, its group is WHO. */
async function produce({ endpoint }: ProductProcess, queue: string, who: string, { sent }: Ledger): Promise<void> {
  const { sqs } = connect(endpoint);
  for (let number = 0; ; number++) {
    const body = `${who}-${number}`;
    try {
      await sqs.sendMessage({ QueueUrl: path(queue), MessageBody: body, ...(queue.endsWith(".fifo") && { MessageGroupId: who }) });
    } catch {
      return;
    }
    sent.push(body);
  }
}

/** Receives and deletes until the product is gone. */
async function consume({ endpoint }: ProductProcess, queue: string, { received, deleted }: Ledger): Promise<void> {
  const { sqs } = connect(endpoint);
  const QueueUrl = path(queue);
  try {
    for (;;) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
      received.push(...Messages.map(({ Body }) => Body!));
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      const { Successful = [] } = await sqs.deleteMessageBatch({ QueueUrl, Entries });
      for (const { Id } of Successful) deleted.add(Messages[Number(Id)]!.Body!);
    }
  } catch {
    // The product was killed.
  }
}

async function receiveRest({ endpoint }: ProductProcess, queue: string): Promise<string[]> {
  const { sqs } = connect(endpoint);
  const bodies: string[] = [];
  for (;;) {
    // Longer than what may be in flight.
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl: path(queue),
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 3,
      VisibilityTimeout: 60,
    });
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body }) => Body!));
  }
}
