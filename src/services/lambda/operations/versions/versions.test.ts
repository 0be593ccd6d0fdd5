import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { BlobNotFound } from "#storage/blobs.ts";
import { zipOf } from "#test/packages.ts";
import { type LambdaTrial, openLambdaTrial, roleArn, root } from "../../trial.ts";

const arn = "arn:aws:lambda:eu-central-1:123456789012:function:f";
const zipSaying = (word: string): Promise<Buffer> => zipOf({ "index.js": `exports.handler = async () => "${word}";` });

describe("versions", () => {
  let trial: LambdaTrial;

  beforeEach(async () => {
    trial = await openLambdaTrial();
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  const { lambda, settle, create, publish, change } = {
    get lambda() {
      return trial.lambda;
    },
    /** Until $LATEST is neither Pending nor in the middle of an update. */
    async settle(): Promise<void> {
      while ((await trial.state.store.settling()).length > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    async create(): Promise<void> {
      const Code = { ZipFile: await zipSaying("one") };
      await trial.lambda.createFunction({ FunctionName: "f", Runtime: "nodejs24.x", Handler: "index.handler", Role: roleArn, Code }, root);
    },
    publish: async (): Promise<string> => (await trial.lambda.publishVersion({ FunctionName: "f" }, root)).Version!,
    async change(Timeout: number): Promise<void> {
      await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", Timeout }, root);
    },
  };
  void [lambda, settle, create, publish, change];
});
