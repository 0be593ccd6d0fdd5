import type { Timer } from "#kit/clock.ts";
import { Deadline } from "#kit/deadline.ts";
import { SandboxFailure, type InvocationOutcome, type InvocationRequest } from "./contract.ts";
import { Chronicle } from "./chronicle.ts";
import { contained, containedListener } from "./containment.ts";
import { removeFolder } from "./drivers/leftovers.ts";
import { orderOf, type EnvironmentParts, type SnapshotImage, type SnapshotParts } from "./environment-parts.ts";
import type { ShutdownReason } from "./extensions/registry.ts";
import { notLaunched, restoreLost, restoreReported, runtimeExited, runtimeReported, timedOut, type Failure } from "./failures.ts";
import { initLimitOf, repeatedInitGraceMs } from "./init-limits.ts";
import { Invocation } from "./invocation.ts";
import { timesOf } from "./invocation-times.ts";
import { EnvironmentLifecycle } from "./lifecycle.ts";
import { pipesRead } from "./pipes-read.ts";
import type { InitPhase, InvocationReport } from "./platform-records.ts";
import { Restoration } from "./restoration.ts";
import type { RuntimeAnswer } from "./runtime-link.ts";
import { RuntimeSession, type Order, type SessionListener } from "./runtime-session.ts";

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
  #chronicle: Chronicle;
  #session: RuntimeSession | undefined;
  #invocation: Invocation | undefined;
  /** Of the invocation that runs. */
  #deadline: Deadline;
  #resetting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #init: { startedAtMs: number; timer: Timer | undefined; over: (failure?: Failure) => void } = {
    startedAtMs: 0,
    timer: undefined,
    over() {},
  };
  #restoration: Restoration;
  /** How long the phases before it took: reported, and billed, with the first invocation. */
  #unreported: Pick<InvocationReport, "initMs" | "restore"> = {};

  constructor(parts: EnvironmentParts) {
    this.replaceAtMs = parts.replaceAtMs;
    this.#parts = parts;
    this.#chronicle = new Chronicle(parts, { onFull: () => this.#session?.pause(), onRoom: () => this.#session?.resume() });
    this.#restoration = new Restoration(parts.clock);
    const timeOut = contained(() => this.#timeOut(this.#invocation as Invocation), this.#break);
    this.#deadline = new Deadline(parts.clock, timeOut);
  }

  /** Whether an invocation need not initialise it. */
  get isInitialised(): boolean {
    const { state } = this.#lifecycle;
    return state === "Idle" || state === "Running" || state === "Answered";
  }

  /** Whether it waits at its snapshot. */
  get isCheckpointed(): boolean {
    return this.#lifecycle.state === "Checkpointed";
  }

  /** What others can be made of, if the memory was captured at the snapshot. */
  get image(): SnapshotImage | undefined {
    const { role } = this.#parts.snapshot ?? {};
    return role && this.#session?.image && { memory: this.#session.image, role };
  }

  /** The Init phase, ahead of the first invocation. Resolves when it is over, with what went wrong. */
  initialise(): Promise<Failure | undefined> {
    if (this.#parts.snapshot?.isOfImage) {
      this.#lifecycle.moveTo("Checkpointed");
      return Promise.resolve(undefined);
    }
    this.#chronicle.initStarted();
    const over = new Promise<Failure | undefined>((resolve) => (this.#init.over = resolve));
    const limitMs = initLimitOf(this.#parts);
    this.#init.timer = this.#parts.clock.after(
      limitMs,
      contained(() => this.#failInit(timedOut(limitMs)), this.#break),
    );
    this.#start().catch(this.#break);
    return over;
  }

  /** The Restore phase, from the snapshot on. Rejects with `SandboxFailure`; the environment is of no use then. */
  restore(): Promise<void> {
    this.#lifecycle.moveTo("Restoring");
    this.#restoration.begin(contained((failure) => this.#failRestore(failure), this.#break));
    this.#goOn().catch(this.#break);
    return this.#restoration.over;
  }

  /** Legal when nothing else runs here: the pool sees to it. */
  invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    if (this.#lifecycle.state === "Resetting") return (this.#resetting as Promise<void>).then(() => this.invoke(request));
    if (this.#lifecycle.isEnding) return Promise.reject(new SandboxFailure("stopping", "the execution environment is being ended"));
    const { clock, spec } = this.#parts;
    const invocation = new Invocation(request, clock.monotonicMs(), clock.now() + spec.timeoutMs);
    this.#invocation = invocation;
    this.#chronicle.invocationStarted(invocation);
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
    const { clock, standby } = this.#parts;
    this.#lifecycle.moveTo("Starting");
    this.#init.startedAtMs = clock.monotonicMs();
    const listener = this.#listener();
    const order = orderOf(this.#parts);
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
      if (this.#chronicle.isFull) session.pause();
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
    this.#chronicle.telemetry.follow(session.extensions, this.#phase);
  }

  get #phase(): InitPhase {
    return this.#invocation ? "invoke" : "init";
  }

  /** Whether a launch is still wanted: meanwhile the time may have run out, or the environment may have been stopped. */
  #isCurrent(session: RuntimeSession): boolean {
    return this.#session === session && this.#lifecycle.state === "Starting";
  }

  #listener(): SessionListener {
    const { log, spec } = this.#parts;
    const listener: SessionListener = {
      // Hooks before the snapshot are part of the initialisation.
      ready: () => (this.#parts.snapshot ? this.#session?.checkpoint() : this.#becomeInitialised("Idle")),
      initFailed: (payload) => this.#failInit(runtimeReported(payload)),
      checkpointed: (outcome) => {
        log.debug("a function has come to its snapshot", { function: spec.functionName, version: spec.functionVersion, ...outcome });
        this.#becomeInitialised("Checkpointed");
      },
      restored: () => this.#becomeRestored(),
      restoreFailed: (payload) => this.#failRestore(restoreReported(payload)),
      credentialsFor: (token) => (token === this.#parts.snapshot?.role.token ? this.#parts.snapshot.role.credentials : undefined),
      answered: (answer) => this.#takeAnswer(answer),
      runtimeDone: () => this.#chronicle.telemetry.runtimeDone(this.#invocation as Invocation),
      done: () => void this.#conclude(this.#invocation as Invocation, undefined).catch(this.#break),
      logged: (timestampMs, message) => this.#chronicle.logged(timestampMs, message),
      violated: (reason) => {
        log.warn("a runtime broke its protocol and is ended", { function: spec.functionName, reason });
        this.#takeFailure(runtimeExited({ code: null, signal: "SIGKILL" }));
      },
      printed: (line) => this.#chronicle.printed("function", line),
      extensionPrinted: (line) => this.#chronicle.printed("extension", line),
      extensionFailed: (failure) => this.#takeFailure(failure),
      subscribed: (extension, subscription) => this.#chronicle.subscribed(extension, subscription),
      batchEnded: () => void this.#chronicle.flush(),
      exited: (exit) => this.#takeFailure(runtimeExited(exit)),
    };
    return { ...containedListener(listener, this.#break), credentialsFor: listener.credentialsFor };
  }

  /** Something of ours failed in here: the environment begins anew, or ends if that fails too. Nobody else shall notice. */
  readonly #break = (fault: unknown): void => {
    const { log, spec, events } = this.#parts;
    log.error("an execution environment broke and is ended", { function: spec.functionName, state: this.#lifecycle.state, error: fault });
    try {
      if (!this.#invocation?.isConcluding) return this.#takeFailure(runtimeExited({ code: null, signal: "SIGKILL" }));
    } catch {
      // Then it cannot be had any more.
    }
    if (this.#lifecycle.isEnding) return;
    const isAwaited = this.#invocation !== undefined;
    this.#invocation?.reject(new SandboxFailure("internal", "the execution environment broke", { cause: fault }));
    this.replaceAtMs = 0;
    void this.stop().finally(() => isAwaited && events.onFree());
  };

  #becomeInitialised(next: "Idle" | "Checkpointed"): void {
    const initMs = this.#parts.clock.monotonicMs() - this.#init.startedAtMs;
    this.#init.timer?.cancel();
    this.#session?.holdToCpuShare();
    this.#session?.peakMemoryBytes();
    this.#chronicle.initDone(this.#phase, initMs, (this.#session as RuntimeSession).extensions);
    this.#lifecycle.moveTo(next);
    if (this.#invocation && next === "Checkpointed") void this.restore();
    else if (this.#invocation) this.#send(this.#invocation);
    else {
      if (next === "Idle") this.#unreported = { initMs };
      this.#session?.rest();
      this.#init.over();
    }
  }

  #failInit(failure: Failure): void {
    const durationMs = this.#parts.clock.monotonicMs() - this.#init.startedAtMs;
    this.#init.timer?.cancel();
    this.#lifecycle.moveTo("InitFailed");
    this.#chronicle.initFailed(this.#phase, durationMs, (this.#session as RuntimeSession).extensions, failure);
    if (this.#invocation) {
      this.#chronicle.telemetry.started(this.#invocation);
      this.#fail(this.#invocation, failure);
    } else void this.#reset(reasonOf(failure)).then(() => this.#init.over(failure));
  }

  async #goOn(): Promise<void> {
    const { snapshot, standby } = this.#parts;
    const fresh = await (snapshot as SnapshotParts).renew();
    // The log that an invocation wants with its answer is in one piece.
    await this.#chronicle.restoreStarted(this.#invocation ? undefined : fresh.logStream);
    if (this.#lifecycle.state !== "Restoring") return;
    this.replaceAtMs = fresh.replaceAtMs;
    const adopted = snapshot?.isOfImage ? standby?.adopt(this.#listener()) : undefined;
    if (adopted) this.#follow(adopted);
    this.#restoration.told();
    this.#session?.restore(adopted && orderOf(this.#parts));
  }

  #becomeRestored(): void {
    const restore = this.#restoration.end();
    this.#unreported = { restore };
    if (this.#parts.snapshot?.isOfImage) this.#session?.holdToCpuShare();
    this.#lifecycle.moveTo("Idle");
    this.#chronicle.restoreDone(restore.durationMs);
    this.#restoration.succeed();
    if (this.#invocation) this.#send(this.#invocation);
  }

  #failRestore(failure: Failure): void {
    const { durationMs } = this.#restoration.end();
    this.#chronicle.restoreDone(durationMs, failure);
    if (this.#invocation) this.#fail(this.#invocation, failure);
    else void this.#reset(reasonOf(failure)).then(() => this.#restoration.fail(failure.fault as SandboxFailure));
  }

  #send(invocation: Invocation): void {
    this.#lifecycle.moveTo("Running");
    this.#chronicle.telemetry.started(invocation);
    this.#session?.invoke(invocation.request, invocation.deadlineMs);
  }

  #takeAnswer(answer: RuntimeAnswer): void {
    const invocation = this.#invocation as Invocation;
    this.#lifecycle.moveTo("Answered");
    this.#parts.events.onAnswered();
    if (invocation.request.trace || this.#chronicle.telemetry.isHeard) invocation.answeredAtMs = this.#parts.clock.monotonicMs();
    invocation.take(answer);
  }

  /** Of the runtime or an extension, at any time. */
  #takeFailure(failure: Failure): void {
    const { state } = this.#lifecycle;
    if (state === "Starting" || state === "Initialising") this.#failInit(failure);
    else if (state === "Restoring") this.#failRestore(restoreLost(failure));
    else if (this.#invocation && !this.#invocation.isConcluding) this.#fail(this.#invocation, failure);
    else if (state === "Answered") void this.#reset("failure");
    else if (state === "Idle" || state === "Checkpointed") {
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
    this.#chronicle.telemetry.runtimeDone(invocation, failure);
    const session = this.#session as RuntimeSession;
    if (!failure) {
      await pipesRead();
      const told = session.linesTold();
      if (told) await told;
    }
    session.flushLines();
    const report = {
      requestId: invocation.request.requestId,
      durationMs,
      ...this.#unreported,
      peakMemoryBytes: session.peakMemoryBytes(failure ? undefined : durationMs),
      producedBytes: invocation.producedBytes,
      trace: invocation.request.trace,
      failure,
    };
    this.#chronicle.telemetry.ended(invocation, report, !session.extensions.registry.isEmpty);
    // Extensions are told before they are ended.
    if (failure) await this.#reset(reasonOf(failure));
    const flushing = this.#chronicle.invocationEnded(invocation, report);
    invocation.request.trace?.ended(timesOf(clock, invocation, this.#init.startedAtMs, this.#unreported.initMs));
    this.#unreported = {};
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
    // Another one begins with the snapshot sooner than this one is initialised once more.
    if (this.#parts.snapshot) this.replaceAtMs = 0;
    this.#restoration.end();
    this.#resetting = Promise.resolve(this.#session?.end(reason)).then(() => {
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
    const ended = new SandboxFailure("stopping", "the execution environment was ended");
    this.#restoration.fail(ended);
    this.#invocation?.reject(ended);
    await this.#chronicle.flush();
    this.#invocation?.finish();
    await removeFolder(this.#parts.folders.environment, this.#parts.log);
    this.#parts.debugged?.release();
    this.#lifecycle.moveTo("Stopped");
  }
}

const reasonOf = ({ status }: Failure): ShutdownReason => (status === "timeout" ? "timeout" : "failure");
