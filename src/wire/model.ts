/**
 * The SDK's client modules carry a schema of every operation and shape (`@smithy/types`, schema/static-schemas.d.ts documents the
 * array form). This file finds them in a module and gives them names.
 */
import { NormalizedSchema } from "@smithy/core/schema";
import type { ServiceModel } from "./service.ts";

export interface OperationModel {
  name: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
  /** Present in services of a REST protocol: method, URI template, status. */
  http?: { method: string; uri: string; status: number };
}

export interface ErrorModel {
  schema: NormalizedSchema;
  /** `Message` or `message`, as modelled; absent when the shape has none. */
  messageMember?: string;
  status: number;
  fault: "client" | "server";
  /** Code and status in awsQuery, where they differ from the shape's name and httpError. */
  query?: { code: string; status: number };
}

export interface LoadedModel {
  service: ServiceModel;
  operations: ReadonlyMap<string, OperationModel>;
  errors: ReadonlyMap<string, ErrorModel>;
}

const operationKind = 9;
const errorKind = -3;

type OperationSchema = [
  kind: number,
  namespace: string,
  name: string,
  traits: { http?: [string, string, number] } | number,
  input: SchemaRef,
  output: SchemaRef,
];
type ErrorSchema = [kind: number, namespace: string, name: string, traits: ErrorTraits, memberNames: string[], memberRefs: unknown[]];
type SchemaRef = Parameters<typeof NormalizedSchema.of>[0] | (() => Parameters<typeof NormalizedSchema.of>[0]);
type ErrorTraits = { error: "client" | "server"; httpError?: number; awsQueryError?: [string, number] } | number;

/** Loads the SDK's module (100 ms the first time) and indexes its schemas. */
export async function loadModel(service: ServiceModel): Promise<LoadedModel> {
  const exported = Object.values(await service.sdk()).filter((value): value is [number, string, string, ...unknown[]] =>
    Array.isArray(value),
  );
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const schema of exported) {
    if (schema[0] === operationKind) operations.set(schema[2], readOperation(schema as unknown as OperationSchema));
    if (schema[0] === errorKind && schema[1] === service.namespace) errors.set(schema[2], readError(schema as unknown as ErrorSchema));
  }
  return { service, operations, errors };
}

function readOperation([, , name, traits, input, output]: OperationSchema): OperationModel {
  const http = typeof traits === "object" ? traits.http : undefined;
  return {
    name,
    input: normalize(input),
    output: normalize(output),
    ...(http && { http: { method: http[0], uri: http[1], status: http[2] } }),
  };
}

function readError(schema: ErrorSchema): ErrorModel {
  const [, , , traits, memberNames] = schema;
  const { error = "client", httpError, awsQueryError } = typeof traits === "object" ? traits : {};
  const messageMember = memberNames.find((name) => name.toLowerCase() === "message");
  return {
    schema: normalize(schema as unknown as SchemaRef),
    ...(messageMember !== undefined && { messageMember }),
    status: httpError ?? (error === "client" ? 400 : 500),
    fault: error,
    ...(awsQueryError && { query: { code: awsQueryError[0], status: awsQueryError[1] } }),
  };
}

const normalize = (ref: SchemaRef): NormalizedSchema => NormalizedSchema.of(typeof ref === "function" ? ref() : ref);
