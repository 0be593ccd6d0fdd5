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
 * DIVERGES: sources whose services are not served yet are taken to be there; a queue of another account is refused, whatever its policy says.
 */
export async function checkSource(
  state: Pick<LambdaState, "sqs" | "roles" | "store" | "aliases">,
  { kind, sourceArn }: Pick<Mapping, "kind" | "sourceArn">,
  functionArn: string,
  scope: Scope,
): Promise<void> {
  if (sourceArn === undefined) return;
  const [, , , sourceRegion, sourceAccountId] = sourceArn.split(":");
  // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and the guide's pages of the other sources: "in the same AWS Region". The text
  // is the one that CloudFormation showed (github.com/pmuens/serverless-kinesis-streams/issues/1).
  if (sourceRegion !== scope.region) throw invalidParameter(`Event source region must match Lambda region ${scope.region}`);
  if (!isQueue(kind)) return;
  if (sourceAccountId !== scope.accountId)
    throw invalidParameter("The function execution role does not have permissions to call ReceiveMessage on SQS");
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
