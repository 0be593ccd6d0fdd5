/**
 * Every operation of every served model, both directions, with the real clients: random input → client → our reader → equal?, random
 * output → our writer → client → equal?, and every modelled error → the client's class for it. The gate for upgrading the packages
 * that carry schemas and codecs.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { AwsError } from "#wire/errors.ts";
import type { HttpRequest, HttpResponse } from "#wire/http.ts";
import { type LoadedModel, loadModel, type OperationModel } from "#wire/model.ts";
import type { Protocol } from "#wire/protocols/protocol.ts";
import type { ServiceDefinition } from "#wire/service.ts";
import { services } from "#services/index.ts";
import { identifyProtocol } from "#gateway/identify.ts";
import { randomValue, seededRandom } from "#test/random-values.ts";

const rounds = 3;

/** What the server answers next, and what it saw last. */
interface Exchange {
  output: object;
  error?: AwsError;
  seen?: { operation: string; input: object };
}

interface Client {
  send(command: object): Promise<Record<string, unknown>>;
}

type Sdk = Record<string, new (input: object) => object>;

for (const definition of services) describe(`round trips of ${definition.name}`, () => roundTrips(definition));

function roundTrips(definition: ServiceDefinition): void {
  const exchange: Exchange = { output: {} };
  let model: LoadedModel;
  let server: Server;
  let client: Client;
  let sdk: Sdk;

  before(async () => {
    model = await loadModel(definition.model);
    sdk = (await definition.model.sdk()) as Sdk;
    server = serve(model, exchange);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = makeClient(sdk, (server.address() as AddressInfo).port);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test("inputs and outputs arrive as they were sent", async () => {
    const random = seededRandom(7);
    const failures: string[] = [];
    for (const operation of model.operations.values()) {
      if (hasStreams(operation)) continue;
      for (let round = 0; round < rounds; round++) {
        const input = operation.input.isUnitSchema() ? {} : (randomValue(operation.input, random) as object);
        exchange.output = operation.output.isUnitSchema() ? {} : (randomValue(operation.output, random) as object);
        delete exchange.error;
        try {
          const { $metadata, ...output } = await client.send(new sdk[`${operation.name}Command`]!(structuredClone(input)));
          assert.equal(exchange.seen?.operation, operation.name);
          assert.deepEqual(plain(withoutTokens(operation, exchange.seen.input, input)), plain(input), "input");
          assert.deepEqual(plain(output), plain(exchange.output), "output");
        } catch (error) {
          failures.push(`${operation.name}: ${(error as Error).message}`);
          break;
        }
      }
    }
    assert.deepEqual(failures, []);
  });

  test("every modelled error becomes the client's own", async () => {
    const operation = [...model.operations.values()].find(
      ({ name }) => /^(Get|List|Describe)/.test(name) && !hasStreams(model.operations.get(name)!),
    )!;
    const input = operation.input.isUnitSchema() ? {} : (randomValue(operation.input, seededRandom(3)) as object);
    for (const [code, { schema, messageMember }] of model.errors) {
      const members = randomValue(schema, seededRandom(5)) as Record<string, unknown>;
      for (const name of ["message", "Message"]) delete members[name];
      exchange.error = new AwsError(code, "what went wrong", members);
      const failure = await client.send(new sdk[`${operation.name}Command`]!(input)).then(
        () => assert.fail(`${code} did not arrive`),
        (error: Error) => error,
      );
      assert.ok(failure instanceof sdk[code]!, `${code} arrived as ${failure.name}: ${failure.message}`);
      if (messageMember !== undefined) assert.match(failure.message, /what went wrong/, code);
    }
  });
}

function serve(model: LoadedModel, exchange: Exchange): Server {
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const [path = "", query = ""] = incoming.url!.split("?");
    const headers = incoming.headers as Record<string, string>;
    const response = await answer(model, exchange, { method: incoming.method!, path, query, headers, body });
    outgoing.writeHead(response.status, response.headers).end(response.body as string | undefined);
  };
  return createServer((incoming, outgoing) => void handle(incoming, outgoing));
}

async function answer(model: LoadedModel, exchange: Exchange, request: HttpRequest): Promise<HttpResponse> {
  const protocol: Protocol = identifyProtocol(model.service, request);
  try {
    const route = protocol.route(model, request);
    exchange.seen = { operation: route.operation.name, input: protocol.read(route, request) };
    if (exchange.error) throw exchange.error;
    return await protocol.writeOutput(model, route.operation, exchange.output, "request-id");
  } catch (error) {
    return protocol.writeError(model, error instanceof AwsError ? error : new AwsError("InternalFailure", String(error)), "request-id");
  }
}

function makeClient(sdk: Sdk, port: number): Client {
  const Client = Object.values(sdk).find((exported) => typeof exported === "function" && /^(?!__)\w+Client$/.test(exported.name))!;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    disableHostPrefix: true,
    // SQS: random digests do not fit random bodies.
    md5: false,
  }) as unknown as Client;
}

const hasStreams = ({ input, output }: OperationModel): boolean =>
  [input, output].some(
    (schema) =>
      !schema.isUnitSchema() &&
      (schema.getEventStreamMember() !== "" || [...schema.structIterator()].some(([, member]) => member.isStreaming())),
  );

/** The client fills idempotency tokens in by itself. */
function withoutTokens({ input }: OperationModel, seen: object, sent: object): object {
  const result: Record<string, unknown> = { ...seen };
  if (!input.isUnitSchema())
    for (const [name, member] of input.structIterator()) if (member.isIdempotencyToken() && !(name in sent)) delete result[name];
  return result;
}

/** Bytes, dates and prototypes in one comparable form; empty structures count as absent, because awsQuery cannot write them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined && each !== null)
    .map(([key, each]) => [key, plain(each)] as const);
  return new Map(entries.filter(([, each]) => !(each instanceof Map && each.size === 0)).sort(([a], [b]) => (a < b ? -1 : 1)));
}
