import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import { fromBase64, fromUtf8, toBase64, toUtf8 } from "@smithy/core/serde";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { errorFault, errorStatus, queryErrorCode } from "./error-status.ts";
import type { Protocol } from "./protocol.ts";
import { parseForm, readForm } from "./query-reader.ts";

const contentType = "text/xml";

/**
 * awsQuery: a form with `Action` and `Version` in, XML out.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const awsQuery: Protocol = {
  routesByHead: false,

  route(model, request) {
    const form = new URLSearchParams(formOf(request));
    const action = form.get("Action");
    if (action === null) throw new AwsError("MissingAction", "Missing Action");
    const operation = model.operations.get(action);
    if (operation === undefined || form.get("Version") !== model.service.apiVersion) {
      throw new AwsError(
        "InvalidAction",
        `Could not find operation ${action} for version ${form.get("Version") ?? "NO_VERSION_SPECIFIED"}`,
      );
    }
    const { pathMember } = model.service;
    return { operation, labels: pathMember !== undefined && request.path !== "/" ? { [pathMember]: request.path } : {} };
  },

  read: ({ operation, labels }, request) =>
    operation.input.isUnitSchema() ? {} : { ...labels, ...(readForm(operation.input, parseForm(formOf(request))) as object) },

  writeOutput(model, operation, output, requestId) {
    const { name } = operation;
    const result = operation.output.isUnitSchema() ? "" : writeXml(operation.output, output, `${name}Result`);
    const body = `<${name}Response xmlns="${model.service.xmlNamespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
    return { status: 200, headers: { "content-type": contentType }, body };
  },

  writeError(model, error, requestId) {
    const status = model.errors.get(error.code)?.query?.status ?? errorStatus(model, error.code);
    const message = model.service.queryMessages?.[error.code] ?? error.message;
    const type = errorFault(model, error.code) === "server" ? "Receiver" : "Sender";
    const code = `<Type>${type}</Type><Code>${escapeXml(queryErrorCode(model, error.code))}</Code><Message>${escapeXml(message)}</Message>`;
    const body = `<ErrorResponse xmlns="${model.service.xmlNamespace}"><Error>${code}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status, headers: { "content-type": contentType }, body };
  },
};

/** The form is the body of a POST, or the query string of a GET. */
const formOf = (request: HttpRequest): string => (request.body.length > 0 ? request.body.toString("utf8") : request.query);

function writeXml(schema: NormalizedSchema, value: object, elementName: string): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
    xmlNamespace: "",
    serviceNamespace: "",
  });
  serializer.setSerdeContext({ base64Decoder: fromBase64, base64Encoder: toBase64, utf8Decoder: fromUtf8, utf8Encoder: toUtf8 } as never);
  // The public `write` names the element after the shape; the protocol wants the operation's name and "Result".
  const root = (
    serializer as unknown as { writeStruct(schema: NormalizedSchema, value: object, parentXmlns: undefined): XmlNode }
  ).writeStruct(schema, value, undefined);
  return root.withName(elementName).toString();
}

interface XmlNode {
  withName(name: string): XmlNode;
  toString(): string;
}

const escapes: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;" };

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (character) => escapes[character]!);
