import { errorPayload, RuntimeError } from "./errors.mjs";
import { setTrace } from "./fork-server.mjs";
import { passThroughSnapshot } from "./snapshots.mjs";

// Kept from before the customer's code runs, which may put fake timers in their place.
const { setImmediate, Date } = globalThis;

/** Lets the event loop go round once, for timers and sockets that are due, before the process stands still again. */
export function turnOfLoop() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The invocations of this environment, one at a time, as the servers for the kinds of handlers see them. */
export class Session {
  #logError;
  #store;
  #environment = {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  };

  /**
   * @param {import("./channel.mjs").Channel} channel
   * @param {import("./invoke-store.mjs").InvokeStore} store
   * @param {(label: string, thrown: unknown) => void} logError
   */
  constructor(channel, store, logError) {
    this.channel = channel;
    this.#store = store;
    this.#logError = logError;
  }

  /** Blocks until there is an invocation; undefined if it must not, or something comes before it: then `later` has it. */
  next() {
    const invocation = this.channel.nextInvocation();
    return invocation && this.#begin(invocation);
  }

  async later() {
    if (!this.channel.isToCheckpoint) {
      const invocation = await this.channel.lingerForInvocation();
      if (invocation) return this.#begin(invocation);
    }
    await passThroughSnapshot(this);
    return this.next() ?? this.later();
  }

  #begin({ header, payload }) {
    this.#store.begin(header);
    setTrace(header.traceId);
    return { event: JSON.parse(payload), context: this.#contextOf(header) };
  }

  /** @param {unknown} result what the handler answered */
  succeed(result) {
    let json;
    try {
      json = JSON.stringify(result) ?? "null";
    } catch {
      return this.fail(new RuntimeError("JSONStringifyError", "Unable to stringify response body"));
    }
    this.channel.respond(json);
  }

  /** @param {unknown} thrown by the handler */
  fail(thrown) {
    this.#logError("Invoke Error", thrown);
    this.channel.fail(errorPayload(thrown));
  }

  /**
   * What is thrown outside of a handler ends the environment, and the invocation or the initialisation with it.
   * @param {string} label
   * @param {unknown} thrown
   * @param {number} exitCode
   */
  crash(label, thrown, exitCode) {
    this.#logError(label, thrown);
    this.channel.failAtLast(errorPayload(thrown));
    process.exit(exitCode);
  }

  /**
   * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
   * @param {import("./channel.mjs").InvocationHeader} header
   */
  #contextOf(header) {
    const { clientContext, cognitoIdentity, deadlineMs } = header;
    const environment = this.#environment;
    return {
      clientContext: clientContext === undefined ? undefined : JSON.parse(clientContext),
      identity: cognitoIdentity === undefined ? undefined : JSON.parse(cognitoIdentity),
      invokedFunctionArn: header.invokedFunctionArn,
      awsRequestId: header.requestId,
      tenantId: header.tenantId,
      xRayTraceId: header.traceId,
      getRemainingTimeInMillis: () => deadlineMs - Date.now(),
      // Spread, they would take longer than all the rest.
      functionName: environment.functionName,
      functionVersion: environment.functionVersion,
      memoryLimitInMB: environment.memoryLimitInMB,
      logGroupName: environment.logGroupName,
      logStreamName: environment.logStreamName,
    };
  }
}
