import type { ListTopicsInput, ListTopicsResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { pageOf, readPageToken } from "../../page.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html */
export const listTopics: SnsOperation<ListTopicsInput, ListTopicsResponse> = async (input, { state, accountId, region }) => {
  const arns = await state.topics.list({ accountId, region }, readPageToken(input.NextToken), pageItems + 1);
  const { shown, ...next } = pageOf(arns, pageItems, (arn) => arn);
  return { Topics: shown.map((TopicArn) => ({ TopicArn })), ...next };
};
