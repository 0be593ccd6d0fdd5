/**
 * Load in short slices, a few hundred milliseconds for one server and then for the next, with the yardstick before and after each. The speed of a machine that is
 * shared changes by half within a minute, for all that run on it: what ran next to each other can be compared, whatever the minute.
 */
import { LoadClient } from "./load-client.ts";
import { descendantsNs, mainThreadNs } from "./process-figures.ts";
import type { Server } from "./product.ts";
import { mean, median, ratiosOf, type Spread, spreadOf } from "./statistics.ts";

/** After each change from one server to the other caches and connections are cold. */
const usualSeconds = { measured: 0.35, warmUp: 0.1 };

/** Who is measured. Without a process there are no processor times. */
export interface Subject {
  name: string;
  server: Pick<Server, "port"> & Partial<Pick<Server, "pid">>;
  request: Buffer;
  /** Before the first slice. */
  warmUpSeconds: number;
}

export interface Slice {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the server's main thread per request, in microseconds. */
  cpuUs: number;
  /** Of all processes that the server has started: the functions, as good as. */
  functionsCpuUs: number;
  /** Of the client's. */
  clientCpuUs: number;
}

/** A slice, and the mean of the two slices of the yardstick around it. */
export interface Pair {
  own: Slice;
  yardstick: Slice;
}

export interface Outcome {
  pairs: Pair[];
  /** Why there are no more. */
  failure?: string;
}

/** So many slices of each subject, in turn. Rejects when the yardstick fails; a subject that does is left out from then on. */
export async function interleave(
  yardstick: Subject,
  subjects: readonly Subject[],
  { connections, slices, seconds = usualSeconds }: { connections: number; slices: number; seconds?: typeof usualSeconds },
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>(subjects.map(({ name }) => [name, { pairs: [] }]));
  const sources = [yardstick, ...subjects].map((subject) => new SliceSource(subject, connections, seconds));
  const [own, ...others] = sources as [SliceSource, ...SliceSource[]];
  const failed = new Set<SliceSource>();
  const attempt = async (source: SliceSource, work: () => Promise<void>): Promise<void> => {
    if (failed.has(source)) return;
    try {
      await work();
    } catch (error) {
      failed.add(source);
      (outcomes.get(source.name) as Outcome).failure = (error as Error).message.split(/[\r\n]/, 1)[0] as string;
    }
  };
  try {
    await own.warmUp();
    for (const other of others) await attempt(other, () => other.warmUp());
    let before = await own.slice();
    for (let count = 0; count < slices; count++)
      for (const other of others)
        await attempt(other, async () => {
          const slice = await other.slice();
          const after = await own.slice();
          outcomes.get(other.name)?.pairs.push({ own: slice, yardstick: meanSlice(before, after) });
          before = after;
        });
    return outcomes;
  } finally {
    for (const source of sources) source.close();
  }
}

/** A server and the connections to it. */
class SliceSource {
  readonly name: string;
  readonly #subject: Subject;
  readonly #client: LoadClient;
  readonly #seconds: typeof usualSeconds;

  constructor(subject: Subject, connections: number, seconds: typeof usualSeconds) {
    this.name = subject.name;
    this.#subject = subject;
    this.#seconds = seconds;
    this.#client = new LoadClient(subject.server.port, subject.request, connections);
  }

  async warmUp(): Promise<void> {
    await this.#client.run(0, this.#subject.warmUpSeconds);
  }

  slice(): Promise<Slice> {
    return measureSlice(this.#client, this.#subject.server, this.#seconds.measured, this.#seconds.warmUp);
  }

  close(): void {
    this.#client.close();
  }
}

/** Load, and what it cost the server: the warm-up's requests count there. */
export async function measureSlice(client: LoadClient, { pid }: Subject["server"], seconds: number, warmUpSeconds: number): Promise<Slice> {
  const read = async () => (pid === undefined ? [Number.NaN, Number.NaN] : [await mainThreadNs({ pid }), descendantsNs(pid)]);
  const [mainBefore, othersBefore] = (await read()) as [number, number];
  const { requestCount, ...figures } = await client.run(seconds, warmUpSeconds);
  const [main, others] = (await read()) as [number, number];
  const perRequest = (ns: number): number => ns / 1_000 / requestCount;
  return { ...figures, cpuUs: perRequest(main - mainBefore), functionsCpuUs: perRequest(others - othersBefore) };
}

export function meanSlice(a: Slice, b: Slice): Slice {
  const of = (key: keyof Slice): number => mean([a[key], b[key]]);
  return {
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    cpuUs: of("cpuUs"),
    functionsCpuUs: of("functionsCpuUs"),
    clientCpuUs: of("clientCpuUs"),
  };
}

/** One figure of a subject: its median, its yardstick's, and the ratios of neighbouring slices. */
export interface Comparison {
  own: number;
  yardstick: number;
  ratio: Spread;
}

export function compare(pairs: readonly Pair[], key: keyof Slice): Comparison {
  const own = pairs.map((pair) => pair.own[key]);
  const yardstick = pairs.map((pair) => pair.yardstick[key]);
  return { own: median(own), yardstick: median(yardstick), ratio: spreadOf(ratiosOf(own, yardstick)) };
}
