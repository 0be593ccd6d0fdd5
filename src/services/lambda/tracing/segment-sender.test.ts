import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { AwsError } from "#wire/errors.ts";
import type { CallOptions } from "#wire/calls.ts";
import { RolePrincipals } from "../function-role.ts";
import { SegmentSender } from "./segment-sender.ts";

const accountId = "123456789012";
const sender = { accountId, region: "eu-central-1", name: "f", roleArn: `arn:aws:iam::${accountId}:role/r` };

function open(answer: () => Array<{ ErrorCode: string }> = () => []) {
  const clock = new ManualClock();
  const iam = { getRole: async () => ({ Role: { Arn: sender.roleArn, RoleId: "AROA" } as never }) };
  const puts: Array<{ documents: string[]; options: CallOptions }> = [];
  const xray = {
    async putTraceSegments({ TraceSegmentDocuments }: { TraceSegmentDocuments: string[] | undefined }, options: CallOptions) {
      puts.push({ documents: TraceSegmentDocuments!, options });
      return { UnprocessedTraceSegments: answer() };
    },
  };
  const sending = new SegmentSender(xray, new RolePrincipals(iam, clock), { clock, log: silentLog });
  return { clock, puts, sending };
}

test("segments gather for a moment and go as the function's role", async () => {
  const { clock, puts, sending } = open();
  sending.send(sender, ["1"]);
  sending.send(sender, ["2", "3"]);
  await clock.advance(99);
  assert.equal(puts.length, 0);
  await clock.advance(1);
  assert.deepEqual(puts[0]!.documents, ["1", "2", "3"]);
  const { as, region } = puts[0]!.options;
  assert.deepEqual(
    [as.kind, "arn" in as && as.arn, region],
    ["assumed-role", `arn:aws:sts::${accountId}:assumed-role/r/f`, "eu-central-1"],
  );
});

test("fifty go at once", async () => {
  const { puts, sending } = open();
  sending.send(
    sender,
    Array.from({ length: 120 }, (_, number) => String(number)),
  );
  await sending.flush();
  assert.deepEqual(
    puts.map(({ documents }) => documents.length),
    [50, 50, 20],
  );
});

test("what one function sends too fast is dropped and counted, and costs others nothing", async () => {
  const { puts, sending } = open();
  sending.send(
    sender,
    Array.from({ length: 2_500 }, () => "x"),
  );
  sending.send({ ...sender, name: "other" }, ["mine"]);
  assert.equal(sending.droppedCount, 500);
  await sending.flush();
  assert.deepEqual(puts.at(-1)!.documents, ["mine"]);
  sending.send(sender, ["there is room again"]);
  await sending.flush();
  assert.equal(sending.droppedCount, 500);
});

test("what X-Ray refuses is counted, segment by segment or whole", async () => {
  const some = open(() => [{ ErrorCode: "MissingId" }]);
  some.sending.send(sender, ["1", "2"]);
  await some.sending.flush();
  assert.equal(some.sending.droppedCount, 1);
  const all = open(() => {
    throw new AwsError("AccessDeniedException", "no");
  });
  all.sending.send(sender, ["1", "2"]);
  await all.sending.flush();
  assert.equal(all.sending.droppedCount, 2);
});
