import { AwsError } from "#wire/errors.ts";
import { parseGroupArn } from "./arns.ts";
import type { LogGroup, LogGroups } from "./groups.ts";
import { resourceTags } from "./limits.ts";
import type { LogsStore, Scope } from "./store.ts";

type Tags = Readonly<Record<string, string>>;

/** Keys that begin with `aws:` are AWS's own. */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).some((key) => key.toLowerCase().startsWith("aws:"))) {
    throw new AwsError("InvalidParameterException", "Tag keys beginning with aws: are reserved for system use.");
  }
}

/** Adds tags to a group; `tooMany` makes the error that is thrown if it has more than 50 then. */
export async function addTags(store: LogsStore, { row }: LogGroup, tags: Tags, tooMany: () => AwsError): Promise<void> {
  checkTags(tags);
  const all = { ...(await store.tags(row.id)), ...tags };
  if (Object.keys(all).length > resourceTags) throw tooMany();
  await store.putTags(row.id, tags);
}

/** The group that a resource's ARN names. Rejects with ResourceNotFoundException. */
export async function findTagged(groups: LogGroups, scope: Scope, arn: string): Promise<LogGroup> {
  if (parseGroupArn(arn) === undefined) throw new AwsError("InvalidParameterException", "The specified resource ARN is not valid.");
  return groups.find(scope, groups.nameOf(scope, arn));
}
