import type { PutTraceSegmentsRequest, PutTraceSegmentsResult, UnprocessedTraceSegment } from "@aws-sdk/client-xray";
import { AwsError } from "#wire/errors.ts";
import { maxDocuments } from "../limits.ts";
import { readSegment, type StandingSegment } from "../segment.ts";
import type { XrayOperation } from "../state.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html */
export const putTraceSegments: XrayOperation<PutTraceSegmentsRequest, PutTraceSegmentsResult> = async (input, context) => {
  const { state, accountId, region } = context;
  const documents = input.TraceSegmentDocuments;
  if (documents.length > maxDocuments) {
    throw new AwsError("InvalidRequestException", `A request takes ${maxDocuments} segment documents at most.`);
  }
  const accepted: Array<{ segment: StandingSegment; text: string }> = [];
  const refused: UnprocessedTraceSegment[] = [];
  for (const document of documents) {
    const read = readSegment(document);
    if ("refusal" in read) refused.push(read.refusal);
    else accepted.push(read);
  }
  if (accepted.length > 0) await state.store.put({ accountId, region }, accepted, state.clock.now());
  state.spans?.offer(
    { accountId, region },
    accepted.map(({ segment }) => segment),
  );
  return { UnprocessedTraceSegments: refused };
};
