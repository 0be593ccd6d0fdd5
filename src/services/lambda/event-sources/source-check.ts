import { AwsError } from "#wire/errors.ts";
import { queueUrl } from "../async/deliveries.ts";
import { invalidParameter } from "../errors.ts";
import { type Scope, parseFunctionName } from "../function-name.ts";
import { requireVersion } from "../qualifiers.ts";
import type { LambdaState } from "../state.ts";
import type { Mapping } from "./mapping.ts";
import { isQueue } from "./source.ts";

/**
 * Asks the source's own service whether it is there and fits the function, on behalf of the function's role. Throws AWS's errors.
 * DIVERGES: sources whose services are not served yet are taken to be there.
 */
export async function checkSource(
  state: Pick<LambdaState, "sqs" | "roles" | "store" | "aliases">,
  { kind, sourceArn }: Pick<Mapping, "kind" | "sourceArn">,
  functionArn: string,
  scope: Scope,
): Promise<void> {
  if (!isQueue(kind) || sourceArn === undefined) return;
  const target = parseFunctionName(functionArn, scope);
  const version = await requireVersion(state, target);
  const as = await state.roles.of(version.roleArn, target);
  const request = { QueueUrl: queueUrl(sourceArn), AttributeNames: ["VisibilityTimeout" as const] };
  const found = await state.sqs.getQueueAttributes(request, { as, region: scope.region }).catch((error: unknown) => {
    throw error instanceof AwsError && error.code === "QueueDoesNotExist" ? noSuchQueue(error.message) : error;
  });
  const visibilitySeconds = Number(found.Attributes?.VisibilityTimeout);
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html; the text is the one that CloudFormation shows.
  if (visibilitySeconds < version.timeoutSeconds) {
    throw invalidParameter(
      `Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${version.timeoutSeconds} seconds`,
    );
  }
}

const noSuchQueue = (message: string): AwsError =>
  invalidParameter(
    `Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: ${message}`,
  );
