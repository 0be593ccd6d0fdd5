import { AwsError } from "#wire/errors.ts";

/** An attempt that failed. The reason is for the log. */
export class DeliveryFailure extends Error {
  /** Nothing would be better if it were tried again. */
  readonly isFinal: boolean;

  constructor(reason: string, isFinal: boolean, cause?: unknown) {
    super(reason, { cause });
    this.name = "DeliveryFailure";
    this.isFinal = isFinal;
  }
}

/** Codes of queues and functions that say "not now". */
const passing =
  /throttl|TooManyRequests|LimitExceeded|OverLimit|InternalFailure|InternalError|ServiceUnavailable|ServiceException|ResourceConflict|ResourceNotReady|NotImplemented/i;

/**
 * AWS tells errors of the client's side, which end a delivery, from those of the server's:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
export function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new DeliveryFailure(reason, error instanceof AwsError && !passing.test(error.code), error);
}
