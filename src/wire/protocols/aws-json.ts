import { AwsError } from "../errors.ts";
import type { LoadedModel } from "../model.ts";
import { errorFault, errorStatus, queryErrorCode } from "./error-status.ts";
import { eventStreamBody, eventStreamContentType } from "./event-stream.ts";
import { createJsonCodec, parseJsonObject } from "./json-codec.ts";
import { errorMembers, type Protocol } from "./protocol.ts";

const codec = createJsonCodec({ usesJsonName: false });

/**
 * awsJson1_0 and awsJson1_1: POST /, the operation in `x-amz-target`, everything else in a JSON body.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export function awsJson(version: "1.0" | "1.1"): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  return {
    routesByHead: true,

    route(model, request) {
      const target = request.headers["x-amz-target"] ?? "";
      const operation = target.startsWith(`${model.service.targetPrefix}.`)
        ? model.operations.get(target.slice(target.indexOf(".") + 1))
        : undefined;
      if (operation === undefined) throw new AwsError("UnknownOperationException", "");
      return { operation, labels: {} };
    },

    read: ({ operation }, request) =>
      operation.input.isUnitSchema() ? {} : (codec.read(operation.input, parseJsonObject(request.body)) as object),

    writeOutput(_model, operation, output) {
      const streamMember = operation.output.isUnitSchema() ? "" : operation.output.getEventStreamMember();
      if (streamMember !== "") {
        const body = eventStreamBody(operation.output, output as Record<string, unknown>, { codec, contentType, startsWithOutput: true });
        return body.then((stream) => ({ status: 200, headers: { "content-type": eventStreamContentType }, body: stream }));
      }
      const value = operation.output.isUnitSchema() ? {} : codec.write(operation.output, output);
      return { status: 200, headers: { "content-type": contentType }, body: JSON.stringify(value) };
    },

    writeError(model, error) {
      const known = model.errors.get(error.code);
      const members = known
        ? (codec.write(known.schema, errorMembers(model, error)) as object)
        : error.message === ""
          ? {}
          : { message: error.message };
      return {
        status: errorStatus(model, error.code),
        headers: { "content-type": contentType, "x-amzn-errortype": error.code, ...queryError(model, error.code) },
        body: JSON.stringify({ __type: error.code, ...members }),
      };
    },
  };
}

/**
 * Services that used to speak awsQuery tell its code as well, so that programs written against it find the code they look for.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
 */
function queryError(model: LoadedModel, code: string): Record<string, string> {
  if (!model.service.protocols.includes("awsQuery")) return {};
  const fault = errorFault(model, code) === "server" ? "Receiver" : "Sender";
  return { "x-amzn-query-error": `${queryErrorCode(model, code)};${fault}` };
}
