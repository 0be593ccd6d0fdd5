import type { ListInstanceProfileTagsRequest, ListInstanceProfileTagsResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { listTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfileTags.html */
export const listInstanceProfileTags: IamOperation<ListInstanceProfileTagsRequest, ListInstanceProfileTagsResponse> = async (
  input,
  context,
) => listTags(await requireEntity(context, "instance-profile", input.InstanceProfileName), input);
