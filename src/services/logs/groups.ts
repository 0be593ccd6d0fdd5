import type { Clock } from "#kit/clock.ts";
import type { AppendLog, AppendLogs, StreamExtent } from "#storage/append-log.ts";
import { AwsError } from "#wire/errors.ts";
import { parseGroupArn } from "./arns.ts";
import { cachedGroups, cachedStreams, dayMs, eventOverheadBytes } from "./limits.ts";
import type { GroupRow, LogsStore, Scope, StreamRow } from "./store.ts";

/** A group as the operations see it. `row.stored_bytes` is ahead of the database by what has not been saved yet. */
export interface LogGroup {
  row: GroupRow;
  scope: Scope;
  log: AppendLog;
}

/** How a request names a group: one of the two. */
export interface GroupReference {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}

export const groupMissing = (): AwsError => new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
export const streamMissing = (): AwsError => new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");

/**
 * Groups and streams in use, kept in memory: PutLogEvents is called thousands of times a second and must not ask the database. When streams
 * last received something is noted here and saved by a loop; what a crash leaves unsaved, the events themselves tell at the group's next use.
 */
export class LogGroups {
  readonly #store: LogsStore;
  readonly #appendLogs: AppendLogs;
  readonly #clock: Clock;
  readonly #groups = new Map<string, LogGroup>();
  readonly #opening = new Map<string, Promise<LogGroup>>();
  readonly #streams = new Map<string, StreamRow>();
  readonly #activeStreams = new Set<StreamRow>();
  readonly #activeGroups = new Set<LogGroup>();

  constructor(store: LogsStore, appendLogs: AppendLogs, clock: Clock) {
    this.#store = store;
    this.#appendLogs = appendLogs;
    this.#clock = clock;
  }

  /** Rejects with ResourceNotFoundException. */
  find(scope: Scope, name: string): LogGroup | Promise<LogGroup> {
    const key = keyOf(scope, name);
    const known = this.#groups.get(key);
    if (known) return known;
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = this.#open(scope, name).finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  /** By name or ARN. Rejects with InvalidParameterException unless exactly one is given. */
  async resolve({ accountId, region }: Scope, { logGroupName, logGroupIdentifier }: GroupReference): Promise<LogGroup> {
    if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
      throw new AwsError("InvalidParameterException", "Specify either logGroupName or logGroupIdentifier, but not both.");
    }
    return this.find({ accountId, region }, logGroupName ?? this.nameOf({ accountId, region }, logGroupIdentifier!));
  }

  /** The name in an identifier, which is a name or an ARN. */
  nameOf({ accountId, region }: Scope, identifier: string): string {
    if (!identifier.startsWith("arn:")) return identifier;
    const parsed = parseGroupArn(identifier);
    if (parsed === undefined) throw new AwsError("InvalidParameterException", "The specified log group identifier is not valid.");
    if (parsed.accountId !== accountId || parsed.region !== region) throw groupMissing();
    return parsed.name;
  }

  /** Rejects with ResourceNotFoundException. */
  findStream(group: LogGroup, name: string): StreamRow | Promise<StreamRow> {
    return this.#streams.get(`${group.row.id}/${name}`) ?? this.#loadStream(group, name);
  }

  /** Takes a stream that was just created, which the next request is likely to name. */
  noteCreated(stream: StreamRow): void {
    this.#keep(stream);
  }

  /** Notes that a stream has received events. */
  noteEvents(group: LogGroup, stream: StreamRow, extent: StreamExtent): void {
    extendStream(stream, extent);
    group.row.stored_bytes += storedBytesOf(extent);
    this.#activeStreams.add(stream);
    this.#activeGroups.add(group);
  }

  /** Saves what `noteEvents` has noted. */
  async saveActivity(): Promise<void> {
    const streams = [...this.#activeStreams];
    const groups = [...this.#activeGroups];
    if (streams.length + groups.length === 0) return;
    this.#activeStreams.clear();
    this.#activeGroups.clear();
    try {
      await this.#save(
        streams,
        groups.map(({ row }) => row),
      );
    } catch (error) {
      for (const stream of streams) this.#activeStreams.add(stream);
      for (const group of groups) this.#activeGroups.add(group);
      throw error;
    }
  }

  /** Removes a group and its events. */
  async delete(group: LogGroup): Promise<void> {
    await this.#store.deleteGroup(group.row.id);
    this.#groups.delete(keyOf(group.scope, group.row.name));
    this.#activeGroups.delete(group);
    for (const [key, stream] of this.#streams) if (stream.group_id === group.row.id) this.#streams.delete(key);
    await this.#appendLogs.delete(group.row.id);
  }

  /** Removes a stream and its events. */
  async deleteStream(group: LogGroup, stream: StreamRow): Promise<void> {
    await this.#store.deleteStream(stream.id);
    this.#streams.delete(`${group.row.id}/${stream.name}`);
    this.#activeStreams.delete(stream);
    await group.log.deleteStreams([stream.id]);
    await this.recount(group);
  }

  /** Drops what the retention no longer wants. */
  async expire(group: LogGroup): Promise<void> {
    await group.log.deleteBefore(this.oldestMs(group));
    await this.recount(group);
  }

  /** The first millisecond that the retention keeps; 0 if it keeps everything. */
  oldestMs({ row }: LogGroup): number {
    return row.retention_days === null ? 0 : this.#clock.now() - row.retention_days * dayMs;
  }

  async recount(group: LogGroup): Promise<void> {
    const extents = await group.log.streams();
    group.row.stored_bytes = extents.values().reduce((sum, extent) => sum + storedBytesOf(extent), 0);
    this.#activeGroups.add(group);
  }

  async #open(scope: Scope, name: string): Promise<LogGroup> {
    const row = await this.#store.findGroup(scope, name);
    if (row === undefined) throw groupMissing();
    const group: LogGroup = { row, scope: { accountId: scope.accountId, region: scope.region }, log: this.#appendLogs.log(row.id) };
    await this.#recover(group);
    remember(this.#groups, keyOf(scope, name), group, cachedGroups, (other) => !this.#activeGroups.has(other));
    return group;
  }

  /** Brings the database up to date with the events, which are ahead of it after a crash. */
  async #recover(group: LogGroup): Promise<void> {
    const extents = await group.log.streams();
    if (extents.size === 0) return;
    const behind: StreamRow[] = [];
    for (const stream of await this.#store.listStreams(group.row.id, { orderBy: "name", isDescending: false })) {
      const extent = extents.get(stream.id);
      if (extent === undefined || extent.lastIngestionMs <= (stream.last_ingestion_ms ?? -1)) continue;
      extendStream(stream, extent);
      behind.push(stream);
    }
    group.row.stored_bytes = extents.values().reduce((sum, extent) => sum + storedBytesOf(extent), 0);
    if (behind.length > 0) await this.#save(behind, [group.row]);
  }

  #save(streams: readonly StreamRow[], groups: readonly GroupRow[]): Promise<void> {
    return this.#store.saveActivity(
      streams.map(({ id, first_event_ms, last_event_ms, last_ingestion_ms }) => ({ id, first_event_ms, last_event_ms, last_ingestion_ms })),
      groups.map(({ id, stored_bytes }) => ({ id, stored_bytes })),
    );
  }

  async #loadStream(group: LogGroup, name: string): Promise<StreamRow> {
    const row = await this.#store.findStream(group.row.id, name);
    if (row === undefined) throw streamMissing();
    return this.#keep(row);
  }

  #keep(stream: StreamRow): StreamRow {
    const key = `${stream.group_id}/${stream.name}`;
    // Another request may have been faster; there must be one object that notes what the stream receives.
    return this.#streams.get(key) ?? remember(this.#streams, key, stream, cachedStreams, (other) => !this.#activeStreams.has(other));
  }
}

const keyOf = ({ accountId, region }: Scope, name: string): string => `${accountId}/${region}/${name}`;

const storedBytesOf = ({ eventCount, messageBytes }: StreamExtent): number => messageBytes + eventCount * eventOverheadBytes;

function extendStream(stream: StreamRow, { firstMs, lastMs, lastIngestionMs }: StreamExtent): void {
  stream.first_event_ms = Math.min(stream.first_event_ms ?? Infinity, firstMs);
  stream.last_event_ms = Math.max(stream.last_event_ms, lastMs);
  stream.last_ingestion_ms = Math.max(stream.last_ingestion_ms ?? 0, lastIngestionMs);
}

/** Adds to a cache; the oldest entry goes if there are too many and nothing depends on it. */
function remember<Value>(cache: Map<string, Value>, key: string, value: Value, limit: number, mayForget: (value: Value) => boolean): Value {
  cache.set(key, value);
  if (cache.size > limit) {
    const [oldest] = cache;
    if (mayForget(oldest![1])) cache.delete(oldest![0]);
  }
  return value;
}
