import type { AwsError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { LoadedModel, OperationModel } from "../model.ts";

/** One way in which AWS speaks HTTP. Each protocol is one file; they share schemas, the JSON codec and the error table. */
export interface Protocol {
  /** Whether `route` looks at method, path, query and headers only; among headers not at those that change with each request. */
  readonly routesByHead: boolean;
  /**
   * Finds the operation a request is for. Throws UnknownOperationException (or what the protocol calls it).
   * Does not look at the input: authentication comes between this and `read`.
   */
  route(model: LoadedModel, request: HttpRequest): Route;
  /** Bytes → typed input. Throws SerializationException or its like for what cannot be one. */
  read(route: Route, request: HttpRequest): object;
  writeOutput(model: LoadedModel, operation: OperationModel, output: object, requestId: string): HttpResponse | Promise<HttpResponse>;
  writeError(model: LoadedModel, error: AwsError, requestId: string): HttpResponse;
}

export interface Route {
  operation: OperationModel;
  /** What the path's labels matched, percent-decoded; in awsQuery what `pathMember` says. */
  labels: Readonly<Record<string, string>>;
}

/** A member of an error that has a value on this occasion, under its modelled name; the message is among them. */
export function errorMembers(model: LoadedModel, error: AwsError): Record<string, unknown> {
  const messageMember = model.errors.get(error.code)?.messageMember ?? "message";
  return error.message === "" ? { ...error.members } : { ...error.members, [messageMember]: error.message };
}
