import type { GetEncryptionConfigRequest, GetEncryptionConfigResult } from "@aws-sdk/client-xray";
import type { XrayOperation } from "../state.ts";

/** Nothing is encrypted by a key of the customer. https://docs.aws.amazon.com/xray/latest/api/API_GetEncryptionConfig.html */
export const getEncryptionConfig: XrayOperation<GetEncryptionConfigRequest, GetEncryptionConfigResult> = () => ({
  EncryptionConfig: { Status: "ACTIVE", Type: "NONE" },
});
