import type { ListUserTagsRequest, ListUserTagsResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { listTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html */
export const listUserTags: IamOperation<ListUserTagsRequest, ListUserTagsResponse> = async (input, context) =>
  listTags(await requireEntity(context, "user", input.UserName), input);
