import type { CreateLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import { UniqueViolation } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import type { LogsOperation, Nothing } from "../state.ts";
import { checkTags } from "../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export const createLogGroup: LogsOperation<CreateLogGroupRequest, Nothing> = async (input, { accountId, region, state }) => {
  const tags = input.tags ?? {};
  checkTags(tags);
  const row = {
    id: state.ids.hex(32),
    account_id: accountId,
    region,
    name: input.logGroupName,
    class: input.logGroupClass ?? "STANDARD",
    created_at_ms: state.clock.now(),
    retention_days: null,
    kms_key_id: input.kmsKeyId ?? null,
    is_protected: input.deletionProtectionEnabled === true ? 1 : 0,
    stored_bytes: 0,
  };
  try {
    await state.store.createGroup(row, tags);
  } catch (error) {
    if (error instanceof UniqueViolation) throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
    throw error;
  }
  return {};
};
