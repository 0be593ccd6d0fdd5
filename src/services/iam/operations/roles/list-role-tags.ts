import type { ListRoleTagsRequest, ListRoleTagsResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { listTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html */
export const listRoleTags: IamOperation<ListRoleTagsRequest, ListRoleTagsResponse> = async (input, context) =>
  listTags(await requireEntity(context, "role", input.RoleName), input);
