import type { PutFunctionRecursionConfigRequest, PutFunctionRecursionConfigResponse } from "@aws-sdk/client-lambda";
import { functionNotFound } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html. Terminate is what a function has without any. */
export const putFunctionRecursionConfig: LambdaOperation<PutFunctionRecursionConfigRequest, PutFunctionRecursionConfigResponse> = async (
  input,
  context,
) => {
  const { store, satellites } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  const place = placeOf(id);
  await requireLatest(store, id);
  if (input.RecursiveLoop === "Terminate") await satellites.remove("recursion", place);
  else if (!(await satellites.put({ kind: "recursion", place, content: { loop: "Allow" } }))) throw functionNotFound(functionArn(id));
  return { RecursiveLoop: input.RecursiveLoop };
};
