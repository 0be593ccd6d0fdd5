import type { LiveTailSessionLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { FilterPattern } from "./filter-pattern/pattern.ts";
import { liveTailEvents } from "./limits.ts";

/** What a session wants to see. */
export interface LiveTailFilter {
  groupIds: ReadonlySet<string>;
  streamNames?: ReadonlySet<string> | undefined;
  streamNamePrefixes?: readonly string[] | undefined;
  pattern: FilterPattern;
}

/** Events of one stream as they arrive. */
export interface Arrival {
  groupId: string;
  /** `ACCOUNT:GROUP` */
  groupIdentifier: string;
  streamName: string;
  ingestionTime: number;
  events: ReadonlyArray<{ timestamp: number; message: string }>;
}

/** The sessions that watch events arrive. */
export class LiveTails {
  readonly #sessions = new Set<LiveTailSession>();

  get count(): number {
    return this.#sessions.size;
  }

  open(filter: LiveTailFilter): LiveTailSession {
    const session = new LiveTailSession(filter, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  publish(arrival: Arrival): void {
    for (const session of this.#sessions) session.offer(arrival);
  }
}

/** Gathers what has arrived since it was last asked: at most 500 events, of more it keeps the first. */
export class LiveTailSession implements Disposable {
  readonly #filter: LiveTailFilter;
  readonly #onClose: () => void;
  #events: LiveTailSessionLogEvent[] = [];
  #isSampled = false;

  constructor(filter: LiveTailFilter, onClose: () => void) {
    this.#filter = filter;
    this.#onClose = onClose;
  }

  offer({ groupId, groupIdentifier, streamName, ingestionTime, events }: Arrival): void {
    const { groupIds, streamNames, streamNamePrefixes, pattern } = this.#filter;
    if (!groupIds.has(groupId)) return;
    if (streamNames && !streamNames.has(streamName)) return;
    if (streamNamePrefixes && !streamNamePrefixes.some((prefix) => streamName.startsWith(prefix))) return;
    for (const { timestamp, message } of events) {
      if (this.#isSampled) return;
      if (!pattern.matches(message)) continue;
      if (this.#events.length === liveTailEvents) this.#isSampled = true;
      else this.#events.push({ logGroupIdentifier: groupIdentifier, logStreamName: streamName, timestamp, message, ingestionTime });
    }
  }

  take(): { events: LiveTailSessionLogEvent[]; isSampled: boolean } {
    const taken = { events: this.#events, isSampled: this.#isSampled };
    this.#events = [];
    this.#isSampled = false;
    return taken;
  }
  [Symbol.dispose](): void {
    this.#onClose();
  }
}
