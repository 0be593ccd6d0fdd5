import type { Timer } from "#kit/clock.ts";
import { Deadline } from "#kit/deadline.ts";
import { SandboxFailure, type InvocationOutcome, type InvocationRequest } from "./contract.ts";
import type { ProcessExit } from "./drivers/driver.ts";
import { contained, containedListener } from "./containment.ts";
import { removeFolder } from "./drivers/leftovers.ts";
import { EnvironmentLog } from "./environment-log.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { EnvironmentTelemetry } from "./environment-telemetry.ts";
import type { ShutdownReason } from "./extensions/registry.ts";
import { notLaunched, responseTooLarge, runtimeExited, runtimeReported, timedOut, type Failure } from "./failures.ts";
import { Invocation } from "./invocation.ts";
import { timesOf } from "./invocation-times.ts";
import { EnvironmentLifecycle } from "./lifecycle.ts";
import { pipesRead } from "./pipes-read.ts";
import { platformLines, type PlatformLines } from "./platform-lines.ts";
import type { InitPhase } from "./platform-records.ts";
import type { RuntimeAnswer } from "./runtime-link.ts";
import { RuntimeSession, type Order, type SessionListener } from "./runtime-session.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the Init phase is limited to 10 seconds. */
export const initLimitMs = 10_000;
/** With provisioned concurrency it may take as long as an invocation, and so long at least (same page). */
const provisionedInitLimitMs = 130_000;
/** From then on an initialisation within an invocation gets no more than its share of the processor. */
export const repeatedInitGraceMs = 1_000;
/** The clock of a runtime is believed when it is this close to ours: lines far apart could not be sent together. */
const believedClockSkewMs = 15 * 60 * 1000;

/**
 * One execution environment, which serves one invocation at a time. What happens to it are events: of its caller, of the
 * runtime, of the process and of the clock; each moves the state machine of lifecycle.ts. After a timeout, a crash or a failed
 * initialisation the processes are killed, /tmp is kept, and the next invocation initialises again within its own time.
 */
export class Environment {
  /** 0 once it is of no use any more. */
  replaceAtMs: number;
  #parts: EnvironmentParts;
  #lifecycle = new EnvironmentLifecycle();
  #log: EnvironmentLog;
  #lines: PlatformLines;
  #telemetry: EnvironmentTelemetry;
  #session: RuntimeSession | undefined;
  #invocation: Invocation | undefined;
  /** Of the invocation that runs. */
  #deadline: Deadline;
  #resetting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #init: { startedAtMs: number; timer: Timer | undefined; over: () => void } = { startedAtMs: 0, timer: undefined, over() {} };
  /** How long the Init phase took: reported, and billed, with the first invocation. */
  #unreportedInitMs: number | undefined;

  constructor(parts: EnvironmentParts) {
    const { accountId, region, logging } = parts.spec;
    const stream = { accountId, region, group: logging.group, stream: parts.logStream };
    const gate = { onFull: () => this.#session?.pause(), onRoom: () => this.#session?.resume() };
    this.replaceAtMs = parts.replaceAtMs;
    this.#parts = parts;
    this.#log = new EnvironmentLog(parts.sink, stream, gate, parts.log);
    this.#lines = platformLines(parts.spec, parts.initialisation);
    this.#telemetry = new EnvironmentTelemetry(parts.spec, parts.initialisation, parts.logStream, parts.clock);
    const timeOut = contained(() => this.#timeOut(this.#invocation as Invocation), this.#break);
    this.#deadline = new Deadline(parts.clock, timeOut);
  }

  /** Whether an invocation need not initialise it. */
  get isInitialised(): boolean {
    const { state } = this.#lifecycle;
    return state === "Idle" || state === "Running" || state === "Answered";
  }

  /** The Init phase, ahead of the first invocation. Resolves when it is over, however it went. */
  initialise(): Promise<void> {
    this.#write(this.#lines.initStart(this.#parts.clock.now()));
    const over = new Promise<void>((resolve) => (this.#init.over = resolve));
    const limitMs = this.#initLimitMs();
    const { clock } = this.#parts;
    const giveUp = contained(() => this.#failInit(timedOut(limitMs)), this.#break);
    this.#init.timer = clock.after(limitMs, giveUp);
    this.#start().catch(this.#break);
    return over;
  }

  #initLimitMs(): number {
    const { spec, initialisation, debugged } = this.#parts;
    if (debugged) return spec.timeoutMs;
    return initialisation === "provisioned-concurrency" ? Math.max(provisionedInitLimitMs, spec.timeoutMs) : initLimitMs;
  }

  /** Legal when nothing else runs here: the pool sees to it. */
  invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    if (this.#lifecycle.state === "Resetting") return (this.#resetting as Promise<void>).then(() => this.invoke(request));
    if (this.#lifecycle.isEnding) return Promise.reject(new SandboxFailure("stopping", "the execution environment is being ended"));
    const { clock, spec } = this.#parts;
    const invocation = new Invocation(request, clock.monotonicMs(), clock.now() + spec.timeoutMs);
    this.#invocation = invocation;
    if (request.tailLog) this.#log.startTail();
    // Not flushed: the line leaves with the next one, which spares a write of its own.
    for (const line of this.#lines.start(clock.now(), request.requestId)) this.#log.add(clock.now(), line);
    this.#deadline.set(spec.timeoutMs);
    if (this.#lifecycle.state === "Idle") this.#send(invocation);
    else this.#start().catch(this.#break);
    return invocation.outcome;
  }

  /** Kills everything, at once where no extension has asked for time, and removes the folder. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { program, folders, spec, clock, standby, debugged, extensions = [] } = this.#parts;
    this.#lifecycle.moveTo("Starting");
    this.#init.startedAtMs = clock.monotonicMs();
    const listener = this.#listener();
    const order = {
      program: program.path,
      args: program.args,
      ...(program.workingDirectory !== undefined && { workingDirectory: program.workingDirectory }),
      variables: program.variables,
      folders,
      memoryMb: spec.memoryMb,
      ephemeralStorageMb: spec.ephemeralStorageMb,
      extensions,
      isDebugged: debugged !== undefined,
    };
    const adopted = standby?.adopt(listener);
    if (adopted) this.#follow(adopted);
    if (!adopted || !(await this.#specialise(adopted, order))) await this.#launch(listener, order);
  }

  /** Whether a process that ran already serves this environment now, or none is wanted any more. */
  async #specialise(session: RuntimeSession, order: Order): Promise<boolean> {
    try {
      session.specialise(order);
      this.#beginInit(session);
      return true;
    } catch (error) {
      this.#parts.log.warn("a runtime that was started ahead of need could not be used", { error });
      await session.end();
      return !this.#isCurrent(session);
    }
  }

  async #launch(listener: SessionListener, order: Order): Promise<void> {
    const { driver, openLink, clock, ids } = this.#parts;
    const session = new RuntimeSession(listener, clock, ids);
    this.#follow(session);
    try {
      await session.launch(driver, openLink, order);
      if (!this.#isCurrent(session)) return;
      this.#beginInit(session);
      if (this.#log.isFull) session.pause();
    } catch (error) {
      if (this.#isCurrent(session)) this.#failInit(notLaunched(error));
    }
  }

  /**
   * The processor is the function's own while the Init phase lasts, which has an end of its own. To initialise once more in the time of an invocation
   * takes as long as that may: only its start, a runtime's own, is spared the wait.
   */
  #beginInit(session: RuntimeSession): void {
    this.#lifecycle.moveTo("Initialising");
    if (!this.#invocation) return;
    const hold = contained(() => session.holdToCpuShare(), this.#break);
    this.#init.timer = this.#parts.clock.after(repeatedInitGraceMs, hold);
  }

  #follow(session: RuntimeSession): void {
    const { accountId, functionName, functionVersion, handler, logging } = this.#parts.spec;
    this.#session = session;
    session.extensions.identity = { accountId, functionName, functionVersion, handler };
    session.extensions.isJson = logging.format === "JSON";
    this.#telemetry.follow(session.extensions, this.#phase);
  }

  get #phase(): InitPhase {
    return this.#invocation ? "invoke" : "init";
  }

  /** Whether a launch is still wanted: meanwhile the time may have run out, or the environment may have been stopped. */
  #isCurrent(session: RuntimeSession): boolean {
    return this.#session === session && this.#lifecycle.state === "Starting";
  }

  #listener(): SessionListener {
    const { clock, log, spec } = this.#parts;
    const listener: SessionListener = {
      ready: () => this.#becomeReady(),
      initFailed: (payload) => this.#failInit(runtimeReported(payload)),
      answered: (answer) => this.#takeAnswer(answer),
      runtimeDone: () => this.#telemetry.runtimeDone(this.#invocation as Invocation),
      done: () => void this.#conclude(this.#invocation as Invocation, undefined).catch(this.#break),
      logged: (timestampMs, message) => {
        const isBelieved = Math.abs(timestampMs - clock.now()) < believedClockSkewMs;
        const atMs = isBelieved ? timestampMs : clock.now();
        this.#write([message], atMs);
        this.#telemetry.printed("function", atMs, message);
      },
      violated: (reason) => {
        log.warn("a runtime broke its protocol and is ended", { function: spec.functionName, reason });
        this.#takeExit({ code: null, signal: "SIGKILL" });
      },
      printed: (line) => this.#print("function", line),
      extensionPrinted: (line) => this.#print("extension", line),
      extensionFailed: (failure) => this.#takeFailure(failure),
      subscribed: (extension, subscription) => {
        this.#write(this.#lines.subscription(clock.now(), extension, subscription));
        this.#telemetry.subscribed(extension, subscription);
      },
      batchEnded: () => void this.#log.flush(),
      exited: (exit) => this.#takeExit(exit),
    };
    return containedListener(listener, this.#break);
  }

  /** Something of ours failed in here: the environment begins anew, or ends if that fails too. Nobody else shall notice. */
  readonly #break = (fault: unknown): void => {
    const { log, spec, events } = this.#parts;
    log.error("an execution environment broke and is ended", { function: spec.functionName, state: this.#lifecycle.state, error: fault });
    try {
      if (!this.#invocation?.isConcluding) return this.#takeExit({ code: null, signal: "SIGKILL" });
    } catch {
      // Then it cannot be had any more.
    }
    if (this.#lifecycle.isEnding) return;
    const isAwaited = this.#invocation !== undefined;
    this.#invocation?.reject(new SandboxFailure("internal", "the execution environment broke", { cause: fault }));
    this.replaceAtMs = 0;
    void this.stop().finally(() => isAwaited && events.onFree());
  };

  #becomeReady(): void {
    const initMs = this.#parts.clock.monotonicMs() - this.#init.startedAtMs;
    this.#init.timer?.cancel();
    this.#session?.holdToCpuShare();
    this.#session?.peakMemoryBytes();
    this.#reportInit(initMs);
    this.#lifecycle.moveTo("Idle");
    if (this.#invocation) this.#send(this.#invocation);
    else {
      this.#unreportedInitMs = initMs;
      this.#write(this.#lines.initDone(this.#parts.clock.now(), initMs));
      this.#session?.rest();
      this.#init.over();
    }
  }

  #failInit(failure: Failure): void {
    const { clock } = this.#parts;
    const durationMs = clock.monotonicMs() - this.#init.startedAtMs;
    this.#init.timer?.cancel();
    this.#lifecycle.moveTo("InitFailed");
    this.#reportInit(durationMs, failure);
    this.#write(this.#lines.initFailed(clock.now(), this.#phase, durationMs, failure));
    if (this.#invocation) {
      this.#telemetry.started(this.#invocation);
      this.#fail(this.#invocation, failure);
    } else void this.#reset(reasonOf(failure)).then(() => this.#init.over());
  }

  #reportInit(durationMs: number, failure?: Failure): void {
    const { extensions } = this.#session as RuntimeSession;
    const nowMs = this.#parts.clock.now();
    for (const extension of extensions.registry.all) this.#write(this.#lines.extension(nowMs, extension));
    this.#telemetry.initDone(this.#phase, durationMs, extensions, failure);
  }

  #send(invocation: Invocation): void {
    this.#lifecycle.moveTo("Running");
    this.#telemetry.started(invocation);
    this.#session?.invoke(invocation.request, invocation.deadlineMs);
  }

  #takeAnswer(answer: RuntimeAnswer): void {
    const invocation = this.#invocation as Invocation;
    this.#lifecycle.moveTo("Answered");
    this.#parts.events.onAnswered();
    if (invocation.request.trace || this.#telemetry.isHeard) invocation.answeredAtMs = this.#parts.clock.monotonicMs();
    if (answer.kind === "tooLarge") invocation.answer({ payload: responseTooLarge(answer.limitBytes), functionError: "Unhandled" });
    else if (answer.kind === "streamed") invocation.answerStreamed(answer.sizeBytes);
    else if (answer.kind === "error") invocation.answer({ payload: answer.payload, functionError: "Unhandled" });
    else if (answer.contentType) invocation.answer({ payload: answer.payload, contentType: answer.contentType });
    else invocation.answer({ payload: answer.payload });
  }

  #takeExit(exit: ProcessExit): void {
    this.#takeFailure(runtimeExited(exit));
  }

  /** Of the runtime or an extension, at any time. */
  #takeFailure(failure: Failure): void {
    const { state } = this.#lifecycle;
    if (state === "Starting" || state === "Initialising") this.#failInit(failure);
    else if (this.#invocation && !this.#invocation.isConcluding) this.#fail(this.#invocation, failure);
    else if (state === "Answered") void this.#reset("failure");
    else if (state === "Idle") {
      void this.#reset("failure");
      this.#parts.events.onLost();
    }
  }

  #timeOut(invocation: Invocation): void {
    const failure = timedOut(this.#parts.spec.timeoutMs);
    const { state } = this.#lifecycle;
    if (state === "Starting" || state === "Initialising") this.#failInit(failure);
    else this.#fail(invocation, failure);
  }

  #fail(invocation: Invocation, failure: Failure): void {
    if (this.#lifecycle.state === "Running") this.#lifecycle.moveTo("Answered");
    if (failure.fault) invocation.reject(failure.fault);
    else if (!invocation.isAnswered) {
      invocation.answer({ payload: failure.payload(invocation.request.requestId), functionError: "Unhandled" });
    }
    this.#conclude(invocation, failure).catch(this.#break);
  }

  /** The end of an invocation whose caller has its answer: the last log lines, then the environment is free. */
  async #conclude(invocation: Invocation, failure: Failure | undefined): Promise<void> {
    const { clock, spec } = this.#parts;
    invocation.isConcluding = true;
    this.#deadline.callOff();
    const durationMs = failure?.status === "timeout" ? spec.timeoutMs : clock.monotonicMs() - invocation.startedAtMs;
    this.#telemetry.runtimeDone(invocation, failure);
    const session = this.#session as RuntimeSession;
    if (!failure) {
      await pipesRead();
      await session.linesTold();
    }
    session.flushLines();
    const report = {
      requestId: invocation.request.requestId,
      durationMs,
      initMs: this.#unreportedInitMs,
      peakMemoryBytes: session.peakMemoryBytes(failure ? undefined : durationMs),
      producedBytes: invocation.producedBytes,
      trace: invocation.request.trace,
      failure,
    };
    this.#telemetry.ended(invocation, report, !session.extensions.registry.isEmpty);
    // Extensions are told before they are ended.
    if (failure) await this.#reset(reasonOf(failure));
    this.#write(this.#lines.end(clock.now(), report));
    invocation.request.trace?.ended(timesOf(clock, invocation, this.#init.startedAtMs, this.#unreportedInitMs));
    this.#unreportedInitMs = undefined;
    if (invocation.request.tailLog) invocation.attachTail(this.#log.takeTail());
    const flushing = this.#log.flush();
    if (flushing) await flushing;
    if (this.#resetting) await this.#resetting;
    if (this.#lifecycle.isEnding) return;
    if (this.#lifecycle.state === "Answered") {
      this.#lifecycle.moveTo("Idle");
      session.rest();
    }
    this.#invocation = undefined;
    this.#parts.events.onFree();
    invocation.finish();
  }

  #reset(reason: ShutdownReason): Promise<void> {
    this.#lifecycle.moveTo("Resetting");
    this.#resetting = (this.#session as RuntimeSession).end(reason).then(() => {
      this.#resetting = undefined;
      if (this.#lifecycle.state === "Resetting") this.#lifecycle.moveTo("Cold");
    });
    return this.#resetting;
  }

  async #stop(): Promise<void> {
    this.#lifecycle.moveTo("Stopping");
    this.#init.timer?.cancel();
    this.#deadline.stop();
    await Promise.all([this.#session?.end(), this.#parts.standby?.end()]);
    this.#init.over();
    this.#invocation?.reject(new SandboxFailure("stopping", "the execution environment was ended"));
    await this.#log.flush();
    this.#invocation?.finish();
    await removeFolder(this.#parts.folders.environment, this.#parts.log);
    this.#parts.debugged?.release();
    this.#lifecycle.moveTo("Stopped");
  }

  #print(type: "function" | "extension", line: string): void {
    const nowMs = this.#parts.clock.now();
    this.#log.add(nowMs, line);
    this.#telemetry.printed(type, nowMs, line);
  }

  #write(lines: readonly string[], timestampMs = this.#parts.clock.now()): void {
    for (const line of lines) this.#log.add(timestampMs, line);
    void this.#log.flush();
  }
}

const reasonOf = ({ status }: Failure): ShutdownReason => (status === "timeout" ? "timeout" : "failure");
