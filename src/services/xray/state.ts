import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { SpanExport } from "./otlp/span-export.ts";
import type { XrayPorts } from "./ports.ts";
import { XrayStore } from "./store.ts";

/** What the operations of this service share. */
export interface XrayState {
  clock: Clock;
  log: Log;
  store: XrayStore;
  /** Absent where spans go nowhere else. */
  spans: SpanExport | undefined;
}

export type XrayOperation<Input, Output> = Operation<Input, Output, XrayState>;

export async function openXray({ clock, log, database, otlpEndpoint }: ServiceDependencies & XrayPorts): Promise<XrayState> {
  const spans = otlpEndpoint === undefined ? undefined : new SpanExport(otlpEndpoint, { clock, log });
  return { clock, log, store: await XrayStore.open(database), spans };
}
