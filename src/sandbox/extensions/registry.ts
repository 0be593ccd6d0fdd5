import type { ServerResponse } from "node:http";
import type { Ids } from "#kit/ids.ts";
import { Extension, type EventType, type ExtensionState } from "./extension.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: extensions per function. */
export const maxExtensions = 10;

/** Why the Extensions API refuses something: always 403. */
export class ExtensionRefused extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = "ExtensionRefused";
    this.type = type;
  }
}

/** What extensions are told. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#extensions-api-next */
export type ExtensionEvent =
  | {
      eventType: "INVOKE";
      /** Epoch milliseconds. */
      deadlineMs: number;
      requestId: string;
      invokedFunctionArn: string;
      tracing: { type: "X-Amzn-Trace-Id"; value: string };
    }
  | { eventType: "SHUTDOWN"; deadlineMs: number; shutdownReason: ShutdownReason };

export type ShutdownReason = "spindown" | "timeout" | "failure";

/** What extensions of one environment learn when they register. */
export interface FunctionIdentity {
  accountId: string;
  functionName: string;
  functionVersion: string;
  handler: string;
}

/**
 * The extensions of one run of an environment, and what it waits for: all processes have registered before the runtime is started, all
 * extensions have asked for their first event before initialisation is over, those that were told of an invocation have asked for the next
 * before it is over. Registration ends when the runtime is ready.
 */
export class ExtensionRegistry {
  #ids: Ids;
  #byId = new Map<string, Extension>();
  #isOpen = true;
  #farewell: ExtensionEvent | undefined;
  /** Those who have heard the farewell. AWS's own Rust library asks for more until it is killed: it is told nothing twice. */
  #dismissed = new Set<Extension>();
  #onInternalError: (extension: Extension) => void;
  /** One at a time, if somebody waits. */
  #gate: { isThrough: (extension: Extension) => boolean; open: () => void } | undefined;

  /** `onInternalError`: a part of the runtime gave up. A process that does so exits, and is heard of by that. */
  constructor(ids: Ids, onInternalError: (extension: Extension) => void) {
    this.#ids = ids;
    this.#onInternalError = onInternalError;
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  get all(): readonly Extension[] {
    return [...this.#byId.values()];
  }

  /** A process of this name is about to be started. */
  expect(name: string): Extension {
    return this.#add(new Extension(name, this.#ids.uuid(), true));
  }

  /** Processes register under the names of their files; whoever has another name is a part of the runtime. Throws `ExtensionRefused`. */
  register(name: string, events: readonly string[]): Extension {
    const external = this.all.find((extension) => extension.isExternal && extension.name === name);
    for (const event of events) checkEvent(event, external !== undefined);
    const extension = external ?? this.#addInternal(name);
    this.#move(extension, "Registered", extension.name);
    extension.events = [...new Set(events)] as EventType[];
    this.#step();
    return extension;
  }

  /** Throws `ExtensionRefused`. */
  find(id: string): Extension {
    const extension = this.#byId.get(id);
    if (!extension) throw new ExtensionRefused("Extension.UnknownExtensionIdentifier", `Unknown extension ${id}`);
    return extension;
  }

  /** It has done what it was told to; the answer waits for the next event. Throws `ExtensionRefused`. */
  park(extension: Extension, reply: ServerResponse): void {
    this.#move(extension, "Ready", extension.id);
    extension.waiting = reply;
    if (this.#farewell) this.#dismiss(extension, this.#farewell);
    else this.#step();
  }

  /** Throws `ExtensionRefused`. */
  reportError(extension: Extension, state: "InitError" | "ExitError", errorType: string): void {
    this.#move(extension, state, extension.id);
    extension.errorType ??= errorType;
    if (!extension.isExternal) this.#onInternalError(extension);
  }

  whenRegistered(go: () => void): void {
    this.#wait((extension) => !extension.isExternal || extension.state !== "Started", go);
  }

  /** Nobody can register any more. */
  whenReady(go: () => void): void {
    this.#isOpen = false;
    this.#wait((extension) => extension.state === "Ready", go);
  }

  /** Those that were told of the invocation have asked for the next event. */
  whenIdle(go: () => void): void {
    this.#wait((extension) => extension.state !== "Running", go);
  }

  /** Whoever waits is not called any more. */
  giveUp(): void {
    this.#isOpen = false;
    this.#gate = undefined;
  }

  /** To all who registered for it. */
  invoke(event: Extract<ExtensionEvent, { eventType: "INVOKE" }>): void {
    for (const extension of this.#byId.values()) this.#tell(extension, event);
  }

  /** To all who registered for it; those who are busy get it when they ask for the next event. */
  sayFarewell(event: Extract<ExtensionEvent, { eventType: "SHUTDOWN" }>): void {
    this.#farewell = event;
    for (const extension of this.#byId.values()) this.#dismiss(extension, event);
  }

  #dismiss(extension: Extension, farewell: ExtensionEvent): void {
    if (!this.#dismissed.has(extension) && this.#tell(extension, farewell)) this.#dismissed.add(extension);
  }

  /** False if it waits for no such event. */
  #tell(extension: Extension, event: ExtensionEvent): boolean {
    if (extension.state !== "Ready" || !extension.wants(event.eventType)) return false;
    extension.tryMove("Running");
    send(extension, event, this.#ids.uuid());
    return true;
  }

  #wait(isThrough: (extension: Extension) => boolean, open: () => void): void {
    if (this.#byId.size === 0) return open();
    this.#gate = { isThrough, open };
    this.#step();
  }

  #step(): void {
    const gate = this.#gate;
    if (!gate || !this.all.every(gate.isThrough)) return;
    this.#gate = undefined;
    gate.open();
  }

  #add(extension: Extension): Extension {
    this.#byId.set(extension.id, extension);
    return extension;
  }

  #addInternal(name: string): Extension {
    if (!this.#isOpen) throw new ExtensionRefused("Extension.RegistrationClosed", "Extension registration closed already");
    if (this.#byId.size >= maxExtensions) {
      throw new ExtensionRefused("Extension.TooManyExtensions", `Extension limit (${maxExtensions}) reached`);
    }
    if (this.all.some((extension) => extension.name === name)) {
      throw new ExtensionRefused("Extension.InvalidExtensionState", "Extension with this name already registered");
    }
    return this.#add(new Extension(name, this.#ids.uuid(), false));
  }

  #move(extension: Extension, next: ExtensionState, as: string): void {
    const from = extension.state;
    if (extension.tryMove(next)) return;
    const message = `State transition from ${from} to ${next} failed for extension ${as}. Error: State transition is not allowed`;
    throw new ExtensionRefused("Extension.InvalidExtensionState", message);
  }
}

function checkEvent(event: string, isExternal: boolean): void {
  if (event === "INVOKE" || (event === "SHUTDOWN" && isExternal)) return;
  const why = event === "SHUTDOWN" ? "ShutdownEventNotSupportedForInternalExtension" : "ErrorInvalidEventType";
  throw new ExtensionRefused("Extension.InvalidEventType", `${event}: ${why}`);
}

function send(extension: Extension, event: ExtensionEvent, eventId: string): void {
  const reply = extension.waiting;
  extension.waiting = undefined;
  if (!reply || reply.destroyed) return;
  const json = JSON.stringify(event);
  reply
    .writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(json),
      "Lambda-Extension-Event-Identifier": eventId,
    })
    .end(json);
}
