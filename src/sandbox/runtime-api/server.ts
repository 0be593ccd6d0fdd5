import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Ids } from "#kit/ids.ts";
import type { InvocationRequest } from "../contract.ts";
import type { Network } from "../drivers/driver.ts";
import type { RuntimeLink, RuntimeListener } from "../runtime-link.ts";
import { error } from "./error.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { initError } from "./init-error.ts";
import { deliver, next } from "./next.ts";
import { ping } from "./ping.ts";
import { refuse } from "./replies.ts";
import { response } from "./response.ts";
import { restoreError, restoreNext } from "./restore.ts";
import { RuntimeStateMachine } from "./states.ts";

/** Custom runtimes use one or two; more than this is no runtime's business. */
const maxConnections = 64;

/** The paths of the Runtime API, one file each. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  "GET /2018-06-01/runtime/invocation/next": next,
  "POST /2018-06-01/runtime/invocation/{id}/response": response,
  "POST /2018-06-01/runtime/invocation/{id}/error": error,
  "POST /2018-06-01/runtime/init/error": initError,
  "GET /2018-06-01/runtime/restore/next": restoreNext,
  "POST /2018-06-01/runtime/restore/error": restoreError,
  "GET /2018-06-01/ping": ping,
};

/** AWS's own, where it is free. */
const port = 9001;

/** Opens the Runtime API of one runtime process in the network of its launch. */
export async function openRuntimeApi(listener: RuntimeListener, ids: Ids, network: Network): Promise<RuntimeLink> {
  // A runtime may wait in `next` for days; limits on the time of a request would end that.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
  server.maxConnections = maxConnections;
  const address = await network.listen(server, port);
  return new RuntimeApi(server, address, listener, ids);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, for one runtime process. */
class RuntimeApi implements RuntimeLink {
  readonly wantsFrames = false;
  readonly variables: Readonly<Record<string, string>>;
  #server: Server;
  #ids: Ids;
  #exchange: Exchange;
  /** Before the process runs, and after its end, whoever calls is not our runtime. */
  #isOpen = false;

  constructor(server: Server, address: string, listener: RuntimeListener, ids: Ids) {
    this.variables = { AWS_LAMBDA_RUNTIME_API: address };
    this.#server = server;
    this.#ids = ids;
    this.#exchange = { states: new RuntimeStateMachine(), listener: this.#whileOpen(listener), current: undefined, waiting: undefined };
    server.on("request", (request, reply) => this.#route(request, reply));
  }

  attach(): void {
    this.#isOpen = true;
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    this.#exchange.current = { request, deadlineMs, invocationId: this.#ids.uuid() };
    deliver(this.#exchange);
  }

  /** No log lines come this way. */
  pause(): void {}
  resume(): void {}

  close(): void {
    this.#isOpen = false;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #route(request: IncomingMessage, reply: ServerResponse): void {
    reply.on("error", () => {});
    const path = (request.url ?? "").split("?", 1)[0] as string;
    const [, requestId = ""] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(?:response|error)$/.exec(path) ?? [];
    const pattern = requestId === "" ? path : path.replace(`/${requestId}/`, "/{id}/");
    const endpoint = Object.hasOwn(endpoints, `${request.method} ${pattern}`) ? endpoints[`${request.method} ${pattern}`] : undefined;
    if (!this.#isOpen) reply.destroy();
    else if (endpoint) void endpoint(this.#exchange, request, reply, requestId);
    else if (Object.keys(endpoints).some((known) => known.endsWith(` ${pattern}`)))
      refuse(reply, 405, "MethodNotAllowed", "Method not allowed");
    else refuse(reply, 404, "NotFound", `No such path: ${path.slice(0, 200)}`);
  }

  /** Answers may arrive after the process's end was decided; they are not told any more. */
  #whileOpen(listener: RuntimeListener): RuntimeListener {
    const guard =
      <A extends unknown[]>(tell: (...args: A) => void) =>
      (...args: A): void => {
        if (this.#isOpen) tell(...args);
      };
    return {
      ready: guard(listener.ready),
      initFailed: guard(listener.initFailed),
      answered: guard(listener.answered),
      done: guard(listener.done),
      logged: guard(listener.logged),
      violated: guard(listener.violated),
    };
  }
}
