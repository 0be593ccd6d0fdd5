import type { PutDataProtectionPolicyInput } from "@aws-sdk/client-sns";
import { invalidParameter } from "../../errors.ts";
import { changeTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_PutDataProtectionPolicy.html
 * DIVERGES: the policy is kept and shown; messages are neither audited nor masked.
 */
export const putDataProtectionPolicy: SnsOperation<PutDataProtectionPolicyInput, void> = (input, context) => {
  const { ResourceArn, DataProtectionPolicy } = input;
  return changeTopic(
    context,
    ResourceArn,
    () => {
      if (DataProtectionPolicy !== "" && !isObject(DataProtectionPolicy)) throw invalidParameter("DataProtectionPolicy");
      return { dataProtectionPolicy: DataProtectionPolicy === "" ? undefined : DataProtectionPolicy };
    },
    { member: "ResourceArn" },
  );
};

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
