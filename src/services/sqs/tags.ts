/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html */
import { invalidParameter } from "./errors.ts";
import { maxTags } from "./limits.ts";

export type Tags = Readonly<Record<string, string>>;

const maxKeyLength = 128;
const maxValueLength = 256;

/** Throws InvalidParameterValue. */
export function checkTags(queueName: string, tags: Tags): void {
  const entries = Object.entries(tags);
  if (entries.length > maxTags) throw invalidParameter(`Too many tags added for queue ${queueName}.`);
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > maxKeyLength) throw invalidParameter("Tag keys must be between 1 and 128 characters in length.");
    // The rule is documented, the words are other services' of AWS.
    if (/^aws:/i.test(key)) throw invalidParameter("aws: prefixed tag key names are not allowed for external use.");
    if (value.length > maxValueLength) throw invalidParameter("Tag values must be between 0 and 256 characters in length.");
  }
}
