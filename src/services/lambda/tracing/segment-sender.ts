/**
 * Segments of functions on their way to X-Ray: gathered for a moment, then sent as one PutTraceSegments on behalf of the function's role, which must
 * be allowed to, as on AWS. What comes faster than it goes is dropped and counted; no invocation waits for it.
 */
import type { XRay } from "@aws-sdk/client-xray";
import type { Clock, Timer } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { CallsOf } from "#wire/calls.ts";
import type { RolePrincipals } from "../function-role.ts";
import type { FunctionVersion } from "../function-version.ts";

export type Sender = Pick<FunctionVersion, "accountId" | "region" | "name" | "roleArn">;

/** How long segments gather before they are sent. */
const gatherMs = 100;
/** As many as X-Ray's own daemon sends at once. */
const maximumAtOnce = 50;
/** Waiting, of all functions together. */
const maximumWaiting = 10_000;
const maximumWaitingCharacters = 32 * 1024 * 1024;
/** Of one function: a flood of one shall not cost the others theirs. */
const maximumWaitingEach = 2_000;
const complainEveryMs = 60_000;

interface Gathering {
  sender: Sender;
  documents: string[];
}

export class SegmentSender {
  readonly #xray: Pick<CallsOf<XRay>, "putTraceSegments">;
  readonly #roles: RolePrincipals;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #gatherings = new Map<string, Gathering>();
  #waitingCount = 0;
  #waitingCharacters = 0;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #droppedCount = 0;
  #complainedMs = Number.NEGATIVE_INFINITY;

  constructor(xray: Pick<CallsOf<XRay>, "putTraceSegments">, roles: RolePrincipals, { clock, log }: { clock: Clock; log: Log }) {
    this.#xray = xray;
    this.#roles = roles;
    this.#clock = clock;
    this.#log = log;
  }

  /** Segments that did not get to X-Ray, or that it refused. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  send(sender: Sender, documents: readonly string[]): void {
    const key = `${sender.accountId} ${sender.region} ${sender.name} ${sender.roleArn}`;
    let gathering = this.#gatherings.get(key);
    if (gathering === undefined) this.#gatherings.set(key, (gathering = { sender, documents: [] }));
    for (const document of documents) {
      const hasRoom =
        this.#waitingCount < maximumWaiting &&
        this.#waitingCharacters + document.length <= maximumWaitingCharacters &&
        gathering.documents.length < maximumWaitingEach;
      if (!hasRoom) {
        this.#drop(1, "they come faster than they can be kept");
        continue;
      }
      gathering.documents.push(document);
      this.#waitingCount++;
      this.#waitingCharacters += document.length;
    }
    this.#timer ??= this.#clock.after(gatherMs, () => void this.flush());
  }

  /** Sends all that waits. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#sending) await this.#sending;
    this.#sending = this.#sendAll();
    await this.#sending;
    this.#sending = undefined;
  }

  async #sendAll(): Promise<void> {
    for (const [key, { sender, documents }] of this.#gatherings) {
      this.#gatherings.delete(key);
      for (let at = 0; at < documents.length; at += maximumAtOnce) {
        const batch = documents.slice(at, at + maximumAtOnce);
        await this.#put(sender, batch);
        this.#waitingCount -= batch.length;
        this.#waitingCharacters -= batch.reduce((sum, { length }) => sum + length, 0);
      }
    }
  }

  async #put(sender: Sender, documents: string[]): Promise<void> {
    try {
      const as = await this.#roles.of(sender.roleArn, sender);
      const { UnprocessedTraceSegments } = await this.#xray.putTraceSegments(
        { TraceSegmentDocuments: documents },
        { as, region: sender.region },
      );
      const refused = UnprocessedTraceSegments ?? [];
      if (refused.length > 0) this.#drop(refused.length, refused[0]?.Message ?? "X-Ray refused them");
    } catch (error) {
      this.#drop(documents.length, (error as Error).message);
    }
  }

  #drop(count: number, reason: string): void {
    this.#droppedCount += count;
    const nowMs = this.#clock.now();
    if (nowMs - this.#complainedMs < complainEveryMs) return;
    this.#complainedMs = nowMs;
    this.#log.warn("segments of functions were dropped", { droppedSoFar: this.#droppedCount, reason });
  }
}
