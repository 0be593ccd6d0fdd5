import type { StartLiveTailRequest, StartLiveTailResponse, StartLiveTailResponseStream } from "@aws-sdk/client-cloudwatch-logs";
import { sleep } from "#kit/clock.ts";
import { AwsError } from "#wire/errors.ts";
import type { Present } from "#wire/operation.ts";
import { parseGroupArn } from "../arns.ts";
import { readPattern } from "../filter.ts";
import { liveTailIntervalMs, liveTailMs, liveTailSessions } from "../limits.ts";
import type { LiveTailFilter } from "../live-tail.ts";
import type { LogsOperation, LogsState } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html */
export const startLiveTail: LogsOperation<StartLiveTailRequest, StartLiveTailResponse> = async (
  input,
  { state, requestId, signal, ...scope },
) => {
  checkRequest(input);
  const pattern = readPattern(input.logEventFilterPattern);
  const groups = await Promise.all(input.logGroupIdentifiers.map(async (arn) => state.groups.find(scope, state.groups.nameOf(scope, arn))));
  if (state.liveTails.count >= liveTailSessions)
    throw new AwsError("LimitExceededException", "You have reached the maximum number of live tail sessions.");
  const filter: LiveTailFilter = {
    groupIds: new Set(groups.map(({ row }) => row.id)),
    streamNames: input.logStreamNames && new Set(input.logStreamNames),
    streamNamePrefixes: input.logStreamNamePrefixes,
    pattern,
  };
  return { responseStream: session(state, { ...input, requestId, sessionId: state.ids.uuid() }, filter, signal) };
};

function checkRequest({ logGroupIdentifiers, logStreamNames, logStreamNamePrefixes }: Present<StartLiveTailRequest>): void {
  if (logGroupIdentifiers.some((identifier) => identifier.endsWith("*") || parseGroupArn(identifier) === undefined)) {
    throw new AwsError(
      "InvalidParameterException",
      "Each of logGroupIdentifiers must be the ARN of a log group, without an asterisk at its end.",
    );
  }
  if (logStreamNames && logStreamNamePrefixes) {
    throw new AwsError("InvalidParameterException", "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
  }
  if ((logStreamNames ?? logStreamNamePrefixes) && logGroupIdentifiers.length > 1) {
    throw new AwsError("InvalidParameterException", "Log streams can be chosen only when there is one log group.");
  }
}

type SessionStart = NonNullable<StartLiveTailResponseStream["sessionStart"]>;

/** One session: what has arrived, each second, until the client goes away or three hours are over. */
async function* session(
  { clock, liveTails }: LogsState,
  start: SessionStart,
  filter: LiveTailFilter,
  signal: AbortSignal,
): AsyncGenerator<StartLiveTailResponseStream> {
  using tail = liveTails.open(filter);
  const endMs = clock.now() + liveTailMs;
  yield { sessionStart: start };
  while (clock.now() < endMs) {
    try {
      await sleep(clock, liveTailIntervalMs, signal);
    } catch {
      return;
    }
    const { events, isSampled } = tail.take();
    yield { sessionUpdate: { sessionMetadata: { sampled: isSampled }, sessionResults: events } };
  }
  const SessionTimeoutException = { message: "The live tail session has reached its maximum duration of 3 hours." };
  yield { SessionTimeoutException } as unknown as StartLiveTailResponseStream;
}
