import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Ids } from "#kit/ids.ts";
import { createServer } from "#kit/node-http.ts";
import type { InvocationRequest } from "../contract.ts";
import type { Network } from "../drivers/driver.ts";
import type { RuntimeLink, RuntimeListener } from "../runtime-link.ts";
import type { ExtensionHost } from "../extensions/extension-host.ts";
import { credentials } from "./credentials.ts";
import { error } from "./error.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { extensionExitError, extensionInitError, nextEvent, registerExtension } from "./extensions.ts";
import { initError } from "./init-error.ts";
import { deliver, next } from "./next.ts";
import { ping } from "./ping.ts";
import { refuse } from "./replies.ts";
import { response } from "./response.ts";
import { deliverRestore, restoreError, restoreNext } from "./restore.ts";
import { RuntimeStateMachine } from "./states.ts";
import { subscribeLogs, subscribeTelemetry } from "./telemetry.ts";

/** Custom runtimes use one or two; more than this is no runtime's business. */
const maxConnections = 64;

/** AWS's client for Python describes an error in a header of up to 1 MB. */
const maxHeaderBytes = 1024 * 1024 + 16 * 1024;

/** The paths of the Runtime API, one file each. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  "GET /2018-06-01/runtime/invocation/next": next,
  "POST /2018-06-01/runtime/invocation/{id}/response": response,
  "POST /2018-06-01/runtime/invocation/{id}/error": error,
  "POST /2018-06-01/runtime/init/error": initError,
  "GET /2018-06-01/runtime/restore/next": restoreNext,
  "POST /2018-06-01/runtime/restore/error": restoreError,
  "GET /2018-06-01/ping": ping,
  "GET /2021-04-23/credentials": credentials,
};

/** Those of the extensions, which run before the runtime does, and after it. */
const extensionEndpoints: Readonly<Record<string, Endpoint>> = {
  "POST /2020-01-01/extension/register": registerExtension,
  "GET /2020-01-01/extension/event/next": nextEvent,
  "POST /2020-01-01/extension/init/error": extensionInitError,
  "POST /2020-01-01/extension/exit/error": extensionExitError,
  "PUT /2022-07-01/telemetry": subscribeTelemetry,
  "PUT /2020-08-15/logs": subscribeLogs,
};

const isExtensionPath = (path: string): boolean => /^\/20(20-01-01|22-07-01|20-08-15)\//.test(path);

/** AWS's own, where it is free. */
const port = 9001;

/**
 * Opens the Runtime API of one runtime process, and of its extensions, in the network of its launch, with which it is closed. `isSnapped`: whether the
 * runtime may wait to be restored.
 */
export async function openRuntimeApi(
  listener: RuntimeListener,
  ids: Ids,
  network: Network,
  extensions: ExtensionHost,
  isSnapped = false,
): Promise<RuntimeLink> {
  // A runtime may wait in `next` for days; limits on the time of a request would end that.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0, maxHeaderSize: maxHeaderBytes });
  server.maxConnections = maxConnections;
  const address = await network.listen(server, port);
  return new RuntimeApi(server, address, listener, ids, extensions, isSnapped);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, for one runtime process. */
class RuntimeApi implements RuntimeLink {
  readonly wantsFrames = false;
  readonly variables: Readonly<Record<string, string>>;
  #ids: Ids;
  #exchange: Exchange;
  /** Before the process runs, and after its end, whoever calls is not our runtime. */
  #isOpen = false;
  #violated: RuntimeListener["violated"];

  constructor(server: Server, address: string, listener: RuntimeListener, ids: Ids, extensions: ExtensionHost, isSnapped: boolean) {
    this.variables = { AWS_LAMBDA_RUNTIME_API: address };
    this.#ids = ids;
    this.#violated = (reason) => listener.violated(reason);
    const states = new RuntimeStateMachine();
    const nothingYet = { current: undefined, answering: undefined, waiting: undefined };
    this.#exchange = { states, listener: this.#whileOpen(listener), extensions, isSnapped, ...nothingYet };
    server.on("request", (request, reply) => this.#route(request, reply));
  }

  attach(): void {
    this.#isOpen = true;
  }

  invoke(request: InvocationRequest, deadlineMs: number): void {
    this.#exchange.current = { request, deadlineMs, invocationId: this.#ids.uuid() };
    deliver(this.#exchange);
  }

  /** It has prepared for it before it said that it is ready. */
  checkpoint(): void {
    this.#exchange.listener.checkpointed({ hasImage: false, reason: "the runtime speaks HTTP" });
  }

  /** One that knows nothing of it waits for an invocation already. */
  restore(): void {
    if (!deliverRestore(this.#exchange)) this.#exchange.listener.restored();
  }

  /** No log lines come this way. */
  pause(): void {}
  resume(): void {}

  close(): void {
    this.#isOpen = false;
    this.#exchange.waiting?.destroy();
  }

  #route(request: IncomingMessage, reply: ServerResponse): void {
    reply.on("error", () => {});
    const path = ((request.url ?? "").split("?", 1)[0] as string).replace(/(?<=.)\/$/, "");
    const [, requestId = ""] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(?:response|error)$/.exec(path) ?? [];
    const pattern = requestId === "" ? path : path.replace(`/${requestId}/`, "/{id}/");
    const known = isExtensionPath(path) ? extensionEndpoints : endpoints;
    const endpoint = Object.hasOwn(known, `${request.method} ${pattern}`) ? known[`${request.method} ${pattern}`] : undefined;
    if (!this.#isOpen && known === endpoints) reply.destroy();
    else if (endpoint) {
      const serving = this.#serve(endpoint, request, reply, requestId);
      if (requestId !== "") this.#exchange.answering = serving;
    } else if (Object.keys(known).some((name) => name.endsWith(` ${pattern}`)))
      refuse(reply, 405, "MethodNotAllowed", "Method not allowed");
    else refuse(reply, 404, "NotFound", `No such path: ${path.slice(0, 200)}`);
  }

  /** What goes wrong in there is the end of this runtime, and of nobody else. */
  async #serve(endpoint: Endpoint, request: IncomingMessage, reply: ServerResponse, requestId: string): Promise<void> {
    try {
      await endpoint(this.#exchange, request, reply, requestId);
    } catch (fault) {
      reply.destroy();
      this.#violated(`its request could not be served: ${String(fault)}`);
    }
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
      checkpointed: guard(listener.checkpointed),
      restored: guard(listener.restored),
      restoreFailed: guard(listener.restoreFailed),
      credentialsFor: (token) => (this.#isOpen ? listener.credentialsFor(token) : undefined),
      answered: guard(listener.answered),
      done: guard(listener.done),
      logged: guard(listener.logged),
      violated: guard(listener.violated),
    };
  }
}
