import { createSocket } from "node:dgram";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { EnvironmentSpec } from "./contract.ts";
import { contained } from "./containment.ts";
import type { Network } from "./drivers/driver.ts";

/** AWS's own, where it is free. */
const port = 2000;
export const traceDaemonVariable = "AWS_XRAY_DAEMON_ADDRESS";
/** What comes before each segment. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon */
const header = { format: "json", version: 1 };
const maxHeaderBytes = 200;
/** Nobody's function sends so many; who does is not listened to any more. */
const maxDatagramsPerSecond = 20_000;

export type TakeSegments = NonNullable<EnvironmentSpec["takeSegments"]>;

/**
 * The X-Ray daemon of one environment, as far as functions can tell: takes segments by UDP and answers nothing. Resolves with its address. What the
 * segments say is for others to judge.
 */
export async function openTraceDaemon(network: Network, { clock, log }: { clock: Clock; log: Log }, take: TakeSegments): Promise<string> {
  const socket = createSocket("udp4");
  let second = 0;
  let count = 0;
  const receive = (datagram: Buffer): void => {
    const now = Math.floor(clock.monotonicMs() / 1_000);
    if (now !== second) [second, count] = [now, 0];
    if (++count > maxDatagramsPerSecond) {
      log.warn("a function floods the X-Ray daemon, which takes no more from it");
      return void socket.close();
    }
    const document = documentIn(datagram);
    if (document !== undefined) take([document]);
  };
  socket.on(
    "message",
    contained(receive, (error) => log.warn("a segment of a function was lost", { error })),
  );
  // What cannot be received is lost, as datagrams are.
  socket.on("error", () => {});
  return network.receive(socket, port);
}

/** What follows the header; undefined if there is no such header. */
export function documentIn(datagram: Buffer): string | undefined {
  const end = datagram.indexOf("\n");
  if (end === -1 || end > maxHeaderBytes) return undefined;
  try {
    const { format, version } = JSON.parse(datagram.toString("utf8", 0, end)) as Partial<typeof header>;
    return format === header.format && version === header.version ? datagram.toString("utf8", end + 1) : undefined;
  } catch {
    return undefined;
  }
}
