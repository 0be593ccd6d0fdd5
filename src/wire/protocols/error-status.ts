import { unmodelledErrors } from "../errors.ts";
import type { LoadedModel } from "../model.ts";

/** HTTP status of an error: the model's, else that of the common errors, else 400. */
export const errorStatus = (model: LoadedModel, code: string): number =>
  model.errors.get(code)?.status ?? unmodelledErrors[code]?.status ?? 400;

/** What awsQuery calls an error. */
export const queryErrorCode = (model: LoadedModel, code: string): string =>
  model.errors.get(code)?.query?.code ?? unmodelledErrors[code]?.queryCode ?? code;

export const errorFault = (model: LoadedModel, code: string): "client" | "server" =>
  model.errors.get(code)?.fault ?? unmodelledErrors[code]?.fault ?? "client";
