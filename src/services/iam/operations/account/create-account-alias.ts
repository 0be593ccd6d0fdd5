import type { CreateAccountAliasRequest } from "@aws-sdk/client-iam";
import { UniqueViolation } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import type { IamOperation } from "../../state.ts";
import { insertAccountAlias, removeAccountAlias } from "../../store/writes.ts";

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
 * An account has one alias: the new one replaces it.
 */
export const createAccountAlias: IamOperation<CreateAccountAliasRequest, void> = async (input, context) => {
  const { accountId, state } = context;
  try {
    await state.store.write([removeAccountAlias(accountId), insertAccountAlias(accountId, input.AccountAlias)]);
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    throw new AwsError("EntityAlreadyExistsException", `The account alias ${input.AccountAlias} already exists.`);
  }
};
