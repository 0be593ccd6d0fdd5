import type { ListOriginationNumbersRequest, ListOriginationNumbersResult } from "@aws-sdk/client-sns";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_ListOriginationNumbers.html
 * Nobody can have bought a number here.
 */
export const listOriginationNumbers: SnsOperation<ListOriginationNumbersRequest, ListOriginationNumbersResult> = () => ({
  PhoneNumbers: [],
});
