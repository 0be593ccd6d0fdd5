import type { DeleteAccountAliasRequest } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import type { IamOperation } from "../../state.ts";
import { removeAccountAlias } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html */
export const deleteAccountAlias: IamOperation<DeleteAccountAliasRequest, void> = async (input, context) => {
  const { accountId, state } = context;
  if ((await state.store.accountAlias(accountId)) !== input.AccountAlias) {
    throw new AwsError("NoSuchEntityException", `The account alias ${input.AccountAlias} cannot be found.`);
  }
  await state.store.write([removeAccountAlias(accountId)]);
};
