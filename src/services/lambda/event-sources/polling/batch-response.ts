/**
 * Which records of a batch a function says it could not process, when its mapping has ReportBatchItemFailures.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#sqs-batchfailurereporting-conditions
 */
export function failedIds(payload: Uint8Array, ids: ReadonlySet<string>): ReadonlySet<string> {
  let response: unknown;
  try {
    response = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return ids;
  }
  // Nothing at all, or nothing of this, is success; what cannot be understood is a failure of them all.
  if (response === null || response === "") return none;
  if (typeof response !== "object" || Array.isArray(response)) return ids;
  const { batchItemFailures } = response as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return none;
  if (!Array.isArray(batchItemFailures)) return ids;
  const failed = batchItemFailures.map((item: unknown) => (item as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return failed.every((id): id is string => typeof id === "string" && ids.has(id)) ? new Set(failed) : ids;
}

const none: ReadonlySet<string> = new Set();
