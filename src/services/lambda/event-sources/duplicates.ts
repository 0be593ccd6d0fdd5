import type { AwsError } from "#wire/errors.ts";
import { resourceConflict } from "../errors.ts";
import type { Mapping } from "./mapping.ts";

/** What one function can be mapped to only once: the source, and the part of it that is read. */
export function sourceKey({ sourceArn, options }: Mapping): string {
  const { DatabaseName, CollectionName } = options.DocumentDBEventSourceConfig ?? {};
  return JSON.stringify([sourceArn ?? endpointsOf(options).toSorted(), options.Topics, options.Queues, DatabaseName, CollectionName]);
}

/** AWS says it in several ways, down to the spaces. */
export function mappingConflict({ kind, sourceArn, functionArn, options }: Mapping, existingUuid: string): AwsError {
  const [, , , , , , functionName] = functionArn.split(":");
  const advice = `Please update or delete the existing mapping with UUID ${existingUuid}`;
  switch (kind) {
    case "sqs":
    case "sqs-fifo":
      return resourceConflict(
        `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${functionName} ") already exists. ${advice}`,
      );
    case "kinesis":
    case "dynamodb":
      return resourceConflict(
        `The event source arn (" ${sourceArn} ") and function (" ${functionName} ") provided mapping already exists. ${advice}`,
      );
    default: {
      const part = options.Topics ? `, topics ("${options.Topics.join()}")` : options.Queues ? `, queues ("${options.Queues.join()}")` : "";
      const source = sourceArn ?? endpointsOf(options).join();
      return resourceConflict(
        `An event source mapping with event source ("${source}"), function ("${functionArn}")${part} already exists. ${advice}`,
      );
    }
  }
}

const endpointsOf = ({ SelfManagedEventSource }: Mapping["options"]): string[] =>
  SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS ?? [];
