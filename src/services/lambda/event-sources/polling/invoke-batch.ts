import { sleep } from "#kit/clock.ts";
import { AwsError } from "#wire/errors.ts";
import { type FunctionReference, functionArn } from "../../function-name.ts";
import { type Invoked, invokeFunction } from "../../invoke.ts";
import { invocationsInChain } from "../../limits.ts";
import type { LambdaState } from "../../state.ts";
import { countInChain, mergedHeader, traceHeaderFor } from "../../trace-header.ts";
import { placeOf } from "../../satellites/place.ts";
import type { SourceRecord } from "./source.ts";

/** AWS says that it backs off, not how. */
const throttleBackOffMs = { first: 100, last: 5_000 } as const;

export interface BatchAttempt {
  target: FunctionReference;
  records: readonly SourceRecord[];
  /** Until when the records are ours, in epoch milliseconds: then they are handed out again anyway. */
  untilMs: number;
  signal: AbortSignal;
  onThrottle(): void;
}

/**
 * Runs the function with a batch. Throttles and faults of ours are no attempts of the batch: it is tried again for as long as the records are
 * ours. Undefined if the function could not be reached until then.
 */
export async function invokeBatch(
  state: LambdaState,
  { target, records, untilMs, signal, onThrottle }: BatchAttempt,
): Promise<Invoked | undefined> {
  const { clock, ids } = state;
  const requestId = ids.uuid();
  const headers = records.flatMap(({ traceHeader }) => (traceHeader === undefined ? [] : [traceHeader]));
  const traceId = traceHeaderFor(clock.now(), requestId, mergedHeader(headers));
  const payload = Buffer.from(`{"Records":[${records.map(({ json }) => json).join()}]}`);
  for (let backOffMs: number = throttleBackOffMs.first; ; backOffMs = Math.min(backOffMs * 2, throttleBackOffMs.last)) {
    try {
      return await invokeFunction(state, { target, payload, isJson: true, requestId, traceId });
    } catch (error) {
      if (!(error instanceof AwsError) || !isPassing(error)) return undefined;
      onThrottle();
      if (clock.now() + backOffMs >= untilMs || signal.aborted) return undefined;
      await sleep(clock, backOffMs, signal).catch(() => {});
    }
  }
}

const isPassing = ({ code }: AwsError): boolean => code !== "ResourceNotFoundException" && code !== "RecursiveInvocationException";

/**
 * Those records whose chain has not come to this function too often. The others stay in their queue, whose redrive policy will take them.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export async function withoutLoops<Item extends SourceRecord>(
  { satellites, metrics }: LambdaState,
  target: FunctionReference,
  records: readonly Item[],
): Promise<readonly Item[]> {
  const arn = functionArn(target);
  const isLoop = ({ traceHeader }: Item): boolean => traceHeader !== undefined && countInChain(traceHeader, arn) >= invocationsInChain;
  if (!records.some(isLoop)) return records;
  const { accountId, region, name } = target;
  if ((await satellites.find("recursion", placeOf({ accountId, region, name }))) !== undefined) return records;
  const kept = records.filter((record) => !isLoop(record));
  metrics.add("RecursiveInvocationsDropped", target, records.length - kept.length);
  return kept;
}
