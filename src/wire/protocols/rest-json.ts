import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { LoadedModel } from "../model.ts";
import { errorStatus } from "./error-status.ts";
import { eventStreamBody, eventStreamContentType } from "./event-stream.ts";
import { type HttpBindings, httpBindings, readText, writeText } from "./http-bindings.ts";
import { createJsonCodec, parseJsonObject, serialization } from "./json-codec.ts";
import { errorMembers, type Protocol } from "./protocol.ts";
import { Router } from "./router.ts";

const codec = createJsonCodec({ usesJsonName: true });
const contentType = "application/json";
const routers = new WeakMap<LoadedModel, Router>();

/**
 * restJson1: the operation is method and path, the input is spread over path, query string, headers and a JSON body or payload.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
export const restJson: Protocol = {
  routesByHead: true,

  route(model, request) {
    let router = routers.get(model);
    if (router === undefined) routers.set(model, (router = new Router(model)));
    try {
      const match = router.match(request.method, request.path, request.query);
      if (match !== undefined) return match;
    } catch (error) {
      if (error instanceof URIError) throw serialization("Malformed percent-escape in the path");
      throw error;
    }
    throw new AwsError("UnknownOperationException", "");
  },

  read({ operation, labels }, request) {
    const bindings = httpBindings(operation.input);
    const input = (bindings.hasBodyMembers ? codec.read(operation.input, parseJsonObject(request.body)) : {}) as Record<string, unknown>;
    // A body may not smuggle in what belongs to the query string or the headers.
    for (const { name } of [...bindings.queries, ...bindings.headers]) delete input[name];
    for (const { name, schema } of bindings.labels) input[name] = readText(schema, labels[name]!);
    readQuery(bindings, request.query, input);
    readHeaders(bindings, request, input);
    if (bindings.payload) {
      const { name, schema } = bindings.payload;
      const payload = readPayload(schema, request.body);
      if (payload !== undefined) input[name] = payload;
    }
    return input;
  },

  writeOutput(model, operation, output) {
    const value = output as Record<string, unknown>;
    const bindings = httpBindings(operation.output);
    const headers = writeHeaders(bindings, value);
    const status = (bindings.statusCode && (value[bindings.statusCode.name] as number | undefined)) ?? operation.http!.status;
    if (bindings.eventStream !== undefined) {
      // A dry run has nothing to stream.
      if (value[operation.output.getEventStreamMember()] === undefined) return { status, headers };
      headers["content-type"] = eventStreamContentType;
      const body = eventStreamBody(operation.output, value, { codec, contentType, startsWithOutput: false });
      return body.then((stream) => ({ status, headers, body: stream }));
    }
    if (bindings.payload) {
      const payload = value[bindings.payload.name];
      if (payload === undefined) return { status, headers };
      headers["content-type"] ??= model.service.payloadContentType ?? contentType;
      return { status, headers, body: writePayload(bindings.payload.schema, payload) };
    }
    if (status === 204 || (!bindings.hasBodyMembers && operation.output.isUnitSchema())) return { status, headers };
    headers["content-type"] ??= contentType;
    return { status, headers, body: writeBody(operation.output, bindings, value) };
  },

  writeError(model, error): HttpResponse {
    const members = errorMembers(model, error);
    const known = model.errors.get(error.code)?.schema;
    const bindings = known && httpBindings(known);
    return {
      status: errorStatus(model, error.code),
      headers: { "content-type": contentType, "x-amzn-errortype": error.code, ...(bindings && writeHeaders(bindings, members)) },
      body: known && bindings ? writeBody(known, bindings, members) : JSON.stringify(members),
    };
  },
};

function readQuery(bindings: HttpBindings, query: string, input: Record<string, unknown>): void {
  if (query === "" || (bindings.queries.length === 0 && bindings.queryMap === undefined)) return;
  const parameters = new URLSearchParams(query);
  for (const { name, wireName, schema } of bindings.queries) {
    const values = parameters.getAll(wireName);
    parameters.delete(wireName);
    if (values.length === 0) continue;
    input[name] = schema.isListSchema() ? values.map((value) => readText(schema.getValueSchema(), value)) : readText(schema, values[0]!);
  }
  if (bindings.queryMap) input[bindings.queryMap.name] = Object.assign(Object.create(null), Object.fromEntries(parameters));
}

function readHeaders(bindings: HttpBindings, request: HttpRequest, input: Record<string, unknown>): void {
  for (const { name, wireName, schema } of bindings.headers) {
    const value = request.headers[wireName];
    if (value !== undefined) input[name] = readText(schema, value);
  }
  if (bindings.prefixHeaders) {
    const { name, wireName } = bindings.prefixHeaders;
    const matching = Object.entries(request.headers).filter(([header, value]) => header.startsWith(wireName) && value !== undefined);
    input[name] = Object.assign(
      Object.create(null),
      Object.fromEntries(matching.map(([header, value]) => [header.slice(wireName.length), value])),
    );
  }
}

function readPayload(schema: NormalizedSchema, body: Buffer): unknown {
  if (schema.isBlobSchema()) return body.length === 0 ? undefined : body;
  if (schema.isStringSchema()) return body.toString("utf8");
  return body.length === 0 ? undefined : codec.read(schema, parseJsonObject(body));
}

function writePayload(schema: NormalizedSchema, payload: unknown): string | Uint8Array {
  if (schema.isBlobSchema()) return payload as Uint8Array;
  return schema.isStringSchema() ? String(payload) : JSON.stringify(codec.write(schema, payload));
}

function writeHeaders(bindings: HttpBindings, value: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, wireName, schema } of bindings.headers) {
    const own = value[name];
    if (own !== undefined && own !== null) headers[wireName] = writeText(schema, own);
  }
  if (bindings.prefixHeaders) {
    const { name, wireName, schema } = bindings.prefixHeaders;
    for (const [key, own] of Object.entries((value[name] as object | undefined) ?? {}))
      headers[wireName + key] = writeText(schema.getValueSchema(), own);
  }
  return headers;
}

/** The members that no binding takes, as JSON. */
function writeBody(schema: NormalizedSchema, bindings: HttpBindings, value: Record<string, unknown>): string {
  const rest = { ...value };
  for (const { name } of bindings.headers) delete rest[name];
  if (bindings.prefixHeaders) delete rest[bindings.prefixHeaders.name];
  if (bindings.statusCode) delete rest[bindings.statusCode.name];
  return JSON.stringify(codec.write(schema, rest));
}
