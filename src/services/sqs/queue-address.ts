/** How queues are named: URLs for clients, ARNs for policies. */
import { invalidAddress, invalidParameter } from "./errors.ts";
import { maxNameLength } from "./limits.ts";

/** A queue's whereabouts, unique over all accounts and regions. */
export interface QueueAddress {
  accountId: string;
  region: string;
  name: string;
}

export const queueArn = ({ accountId, region, name }: QueueAddress): string => `arn:aws:sqs:${region}:${accountId}:${name}`;

/** `endpoint` is the origin under which the client reached us, so that the URL works for whoever asked. */
export const queueUrl = (endpoint: string, { accountId, name }: QueueAddress): string => `${endpoint}/${accountId}/${name}`;

const urlPattern = /^(?:https?:\/\/[^/]+)?\/(?:queue\/)?(\d{12})\/([\w.-]+)\/?$/;

/** Any host will do: the same queue is reached under many names. Throws InvalidAddress. */
export function addressOfUrl(url: string, region: string): QueueAddress {
  const found = urlPattern.exec(url);
  if (found === null) throw invalidAddress(url);
  return { accountId: found[1]!, region, name: found[2]! };
}

const arnPattern = /^arn:aws[\w-]*:sqs:([\w-]+):(\d{12}):([\w.-]+)$/;

/** Undefined if it is not the ARN of a queue. */
export function addressOfArn(arn: string): QueueAddress | undefined {
  const found = arnPattern.exec(arn);
  return found ? { region: found[1]!, accountId: found[2]!, name: found[3]! } : undefined;
}

export const isFifoName = (name: string): boolean => name.endsWith(".fifo");

const standardName = /^[\w-]+$/;

/** Texts as AWS gives them (recorded by localstack and moto). */
export function checkName(name: string, isFifo: boolean): void {
  const hasGoodLength = name.length >= 1 && name.length <= maxNameLength;
  if (!isFifo) {
    if (hasGoodLength && standardName.test(name)) return;
    throw invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (hasGoodLength && isFifoName(name) && standardName.test(name.slice(0, -".fifo".length))) return;
  throw invalidParameter(
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
  );
}
