/** The examples do what their pages say. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Product, roleArn, startProduct } from "#test/product.ts";
import { playFanOut } from "../../examples/fan-out/story.ts";
import { playOrders } from "../../examples/order-worker/story.ts";
import { playStreamingUrl } from "../../examples/streaming-url/story.ts";

describe("the example", () => {
  let product: Product;
  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  test("order-worker ships what can be shipped, at the second attempt if need be, and gives up the rest", async () => {
    assert.deepEqual(await playOrders({ ...product, roleArn }), { shipped: ["chair-4", "desk-1", "rare-1"], dead: ["lamp-0"] });
  });

  test("fan-out shows each reader what it wants to see", async () => {
    assert.deepEqual(await playFanOut({ ...product, roleArn }), ["billing order-1", "billing order-2", "express-packing order-1"]);
  });

  test("streaming-url tells its story word by word", async () => {
    const pieces = await playStreamingUrl({ ...product, roleArn });
    assert.equal(pieces.join(""), "the\nflame\nthat\nalways\nburns\n");
    assert.ok(pieces.length > 1);
  });
});
