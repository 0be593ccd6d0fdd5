/** Invocations whose answer is read while the function writes it, by the same door as all others. */
import type { InvocationOutcome } from "#sandbox/contract.ts";
import { type Invocation, invokeFunction } from "./invoke.ts";
import { ResponseStream } from "./response-stream.ts";
import type { LambdaState } from "./state.ts";

export interface StreamedInvocation {
  executedVersion: string;
  /** What a streaming function says of its answer; undefined if it answered in one piece, or failed: then all of that is in `outcome`. */
  contentType: string | undefined;
  /** What was streamed. Who stops reading does not stop the function. */
  chunks: AsyncIterable<Uint8Array>;
  /** Settles when the function is done, which takes a reader of `chunks`. */
  outcome: Promise<InvocationOutcome>;
}

/**
 * Resolves as soon as there is something of an answer. Rejects with AWS's errors for what is not the function's own doing. `signal`: the
 * reader has gone away.
 */
export async function invokeStreaming(state: LambdaState, invocation: Invocation, signal: AbortSignal): Promise<StreamedInvocation> {
  const stream = new ResponseStream();
  let executedVersion = "";
  const openStream = (version: string): ResponseStream => {
    executedVersion = version;
    return stream;
  };
  const outcome = invokeFunction(state, { ...invocation, openStream }).then((invoked) => invoked.outcome);
  const onGone = (): void => stream.abandon();
  signal.addEventListener("abort", onGone);
  const whenOver = (): void => {
    signal.removeEventListener("abort", onGone);
    stream.end();
  };
  outcome.then(whenOver, whenOver);
  const contentType = await Promise.race([stream.begun, outcome.then(() => undefined)]);
  return { executedVersion, contentType, chunks: stream, outcome };
}
