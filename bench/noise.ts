/** What a function notices of a noisy neighbour: of one that is invoked as often as can be, and of one that wants many environments at once. In turn, version by version. */
import { InvokeCommand, type LambdaClient, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { type BenchFunction, deploy } from "./deploy.ts";
import { countRefusals, type Held, hold } from "./held-requests.ts";
import { measureLoad } from "./load-client.ts";
import { type Server, startPilotlight } from "./product.ts";
import { absentRows, type BenchOptions, type Report, type Section } from "./section.ts";
import { signedInvocation } from "./signed-invocation.ts";
import { head, pause, quantile, row } from "./statistics.ts";
import { payload } from "./warm.ts";

const settleMs = 6_000;
const noisyConnections = 64;
const noisySeconds = 1.2;
const burstCount = 300;
/** All of a burst wake up so long after its beginning. */
const burstMs = 9_000;
/** Until its environments are being made. */
const burstLeadMs = 100;
const quietInvocations = 20;

const functions: readonly BenchFunction[] = ["quiet", "noisy"].map((name) => ({
  name,
  runtime: "nodejs26.x",
  handler: "index.handler",
  folder: "echo-node",
}));
const many: BenchFunction = { name: "many", runtime: "nodejs26.x", handler: "index.handler", folder: "sleep-node", timeoutSeconds: 60 };

const neighbours = ["nothing", `another at ${noisyConnections} connections`, `${burstCount} cold starts of another`] as const;
type Neighbour = (typeof neighbours)[number];

/** Times of the quiet function beside one neighbour. */
class Times {
  readonly warmMs: number[] = [];
  readonly coldMs: number[] = [];
}

class Trial {
  readonly times = new Map<Neighbour, Times>(neighbours.map((neighbour) => [neighbour, new Times()]));
  readonly held: Held[] = [];
  /** Medians of the noisy function's own invocations. */
  readonly noisyMs: number[] = [];
  readonly #product: Server;
  readonly #lambda: LambdaClient;

  constructor(product: Server, lambda: LambdaClient) {
    this.#product = product;
    this.#lambda = lambda;
  }

  /** Once beside each neighbour. */
  async turn(round: number): Promise<void> {
    const [nothing, invoked, starting] = neighbours;
    await this.#renew("quiet", round * 3);
    await this.#measure(nothing);

    await this.#renew("quiet", round * 3 + 1);
    const noisy = await signedInvocation(this.#product, "noisy", payload);
    const noise = measureLoad(this.#product.port, noisy, noisyConnections, noisySeconds, 1);
    await pause(1_000);
    await this.#measure(invoked);
    this.noisyMs.push((await noise).p50Ms);

    await this.#renew("quiet", round * 3 + 2);
    await this.#renew("many", round);
    const untilMs = Date.now() + burstMs;
    const request = await signedInvocation(this.#product, "many", JSON.stringify({ untilMs }), "RequestResponse", { isSent: false });
    const holding = Promise.all(Array.from({ length: burstCount }, () => hold(this.#product.port, request, 60_000)));
    await pause(burstLeadMs);
    await this.#measure(starting);
    this.held.push(...(await holding));
  }

  /** A cold start of the quiet function, and then warm ones. */
  async #measure(neighbour: Neighbour): Promise<void> {
    const { coldMs, warmMs } = this.times.get(neighbour) as Times;
    coldMs.push(await this.#invoke());
    for (let count = 0; count < quietInvocations; count++) warmMs.push(await this.#invoke());
  }

  async #invoke(): Promise<number> {
    const startedMs = performance.now();
    await this.#lambda.send(new InvokeCommand({ FunctionName: "quiet", Payload: payload }));
    return performance.now() - startedMs;
  }

  /** A change of configuration gives up the environments. */
  async #renew(FunctionName: string, round: number): Promise<void> {
    await this.#lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: `round ${round}` }));
    await waitUntilFunctionUpdatedV2({ client: this.#lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
    await pause(400);
  }
}

async function measure(isolation: string, rounds: number): Promise<Trial> {
  const product = await startPilotlight(["--isolation", isolation]);
  const lambda = await deploy(product, [...functions, many]);
  try {
    await pause(settleMs);
    // Environments of the noisy one are made before.
    await measureLoad(product.port, await signedInvocation(product, "noisy", payload), noisyConnections, 0, 5);
    const trial = new Trial(product, lambda);
    for (let round = 0; round < rounds; round++) await trial.turn(round);
    return trial;
  } finally {
    lambda.destroy();
    await product.stop();
  }
}

const columns = ["isolation", "beside", "cold p50 ms", "worst ms", "warm p50 ms", "p99 ms", "warm p50 ÷ alone"] as const;

async function run(options: BenchOptions): Promise<Report> {
  const rows: string[] = [];
  const remarks: string[] = [];
  for (const isolation of options.isolations.filter((each) => each === "namespaces")) {
    const { times, held, noisyMs } = await measure(isolation, options.rounds);
    const { count, reasons } = countRefusals(held);
    remarks.push(
      `The neighbour at ${noisyConnections} connections has a median of ${quantile(noisyMs, 0.5).toFixed(1)} ms itself; of ${held.length} cold starts ${count} were refused${count > 0 ? `: ${reasons}` : ""}.`,
    );
    const aloneMs = quantile((times.get(neighbours[0]) as Times).warmMs, 0.5);
    for (const [neighbour, { coldMs, warmMs }] of times) {
      const figures = [quantile(coldMs, 0.5), quantile(coldMs, 1), quantile(warmMs, 0.5), quantile(warmMs, 0.99)];
      rows.push(row(isolation, neighbour, ...figures.map((ms) => ms.toFixed(1)), (quantile(warmMs, 0.5) / aloneMs).toFixed(1)));
    }
  }
  return {
    lines: [
      `A quiet function, Node.js, invoked one after the other as the SDK's client sees it: ${options.rounds} cold starts beside each neighbour, and ${quietInvocations} warm invocations after each.`,
      ...remarks,
      "",
      ...head(...columns),
      ...rows,
      ...absentRows(options, columns.length).filter((each) => each.startsWith("| namespaces ")),
    ],
  };
}

export const noise: Section = { name: "noise", title: "Beside a noisy function", run };
