/**
 * What Lambda counts about functions and event source mappings, under the names of the namespace AWS/Lambda. CloudWatch is not served yet:
 * until it is, the counts are kept here, for tests and for whoever will publish them.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
import { type FunctionId, functionArn } from "./function-name.ts";

export type FunctionMetric =
  | "AsyncEventsReceived"
  | "AsyncEventsDropped"
  | "DeadLetterErrors"
  | "DestinationDeliveryFailures"
  | "RecursiveInvocationsDropped";

/** In milliseconds. "The time between when Lambda successfully queues the event and when the function is invoked", of each attempt. */
export type AgeMetric = "AsyncEventAge";

export interface Statistic {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

export type MappingMetric =
  | "PolledEventCount"
  | "FilteredOutEventCount"
  | "InvokedEventCount"
  | "FailedInvokeEventCount"
  | "DeletedEventCount";

/** Functions and mappings that are counted; those that came first make room. */
const maximumSeries = 10_000;

export class Metrics {
  readonly #sums = new Map<string, number>();
  readonly #ages = new Map<string, Statistic>();

  observe(metric: AgeMetric, id: FunctionId, value: number): void {
    const series = `${functionArn(id)} ${metric}`;
    const { count, sum, minimum, maximum } = this.#ages.get(series) ?? { count: 0, sum: 0, minimum: value, maximum: value };
    if (count === 0 && this.#ages.size >= maximumSeries) this.#ages.delete(this.#ages.keys().next().value!);
    this.#ages.set(series, { count: count + 1, sum: sum + value, minimum: Math.min(minimum, value), maximum: Math.max(maximum, value) });
  }

  statistic(metric: AgeMetric, id: FunctionId): Statistic | undefined {
    return this.#ages.get(`${functionArn(id)} ${metric}`);
  }

  add(metric: FunctionMetric, id: FunctionId, count = 1): void {
    this.#add(`${functionArn(id)} ${metric}`, count);
  }

  addOfMapping(metric: MappingMetric, uuid: string, count: number): void {
    if (count > 0) this.#add(`${uuid} ${metric}`, count);
  }

  sum(metric: FunctionMetric, id: FunctionId): number {
    return this.#sums.get(`${functionArn(id)} ${metric}`) ?? 0;
  }

  sumOfMapping(metric: MappingMetric, uuid: string): number {
    return this.#sums.get(`${uuid} ${metric}`) ?? 0;
  }

  #add(series: string, count: number): void {
    const sum = this.#sums.get(series);
    if (sum === undefined && this.#sums.size >= maximumSeries) this.#sums.delete(this.#sums.keys().next().value!);
    this.#sums.set(series, (sum ?? 0) + count);
  }
}
