import { AwsError } from "#wire/errors.ts";
import type { AccessKeyRow } from "./store/reads.ts";

export function requireAccessKey(keys: readonly AccessKeyRow[], id: string): AccessKeyRow {
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) throw noSuchAccessKey(id);
  return key;
}

export const noSuchAccessKey = (id: string): AwsError =>
  new AwsError("NoSuchEntityException", `The Access Key with id ${id} cannot be found.`);
