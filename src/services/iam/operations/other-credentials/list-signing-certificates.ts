import type { ListSigningCertificatesRequest, ListSigningCertificatesResponse } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html */
export const listSigningCertificates: IamOperation<ListSigningCertificatesRequest, ListSigningCertificatesResponse> = async (
  input,
  context,
) => {
  if (input.UserName !== undefined) await requireEntity(context, "user", input.UserName);
  return { Certificates: [], IsTruncated: false };
};
