import { seenProgram, type LaunchOrder } from "../driver.ts";
import type { Leader } from "../leader.ts";
import type { ForkServers, TakenFork } from "./fork-servers.ts";
import { ImageFile } from "./image-file.ts";
import { ownVariables, placesOf, type LaunchSite } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { nativeOrder } from "./native-launcher.ts";
import type { PrivateNetwork } from "./private-network.ts";
import type { SystemCalls } from "./system-calls.ts";

/** What native starts are made with. */
export interface NativeParts {
  server: LaunchServer;
  forkServers: ForkServers | undefined;
  calls: SystemCalls;
}

export interface NativeStart {
  leader: Leader;
  /** Which the process may fill. */
  image?: ImageFile | undefined;
}

/** Lets the native launcher start an order's program, as a fork of one that has it loaded, if it may be that and there is one. */
export async function startNative({ server, forkServers, calls }: NativeParts, order: LaunchOrder, site: LaunchSite): Promise<NativeStart> {
  const { args, folders, wantsFrames, mergesOutput } = order;
  const program = seenProgram(order.program, folders, placesOf(folders));
  const variables = ownVariables(order.variables);
  const fork = takeFork(forkServers, order, site);
  let captured: ImageFile | undefined;
  try {
    if (fork && order.capturesImage) captured = new ImageFile(calls, fork.server, order.memoryMb);
    const image = order.restores instanceof ImageFile ? order.restores : captured;
    const source = fork && { forkedBy: fork.forkedBy, image: image && (captured ? ("captures" as const) : ("restores" as const)) };
    const bytes = nativeOrder(site, folders, source ?? { program, args, variables }, wantsFrames);
    const network = (order.network as PrivateNetwork).descriptor;
    const launch = (): Promise<Leader> => server.launch(bytes, { wantsFrames, mergesOutput, network, image: image?.descriptor });
    const leader = await (image ? image.use(launch) : launch());
    if (fork) void leader.exited.then(fork.release);
    if (captured) void leader.exited.then(() => captured?.releaseUnclaimed());
    return { leader, image: captured };
  } catch (error) {
    fork?.release();
    captured?.release();
    throw error;
  }
}

/** Throws if it is to be a certain server's, and that one makes none. */
function takeFork(forkServers: ForkServers | undefined, { restores, forkOf }: LaunchOrder, site: LaunchSite): TakenFork | undefined {
  if (!restores) return forkOf && forkServers?.take(forkOf, site);
  const isUsable = restores instanceof ImageFile && restores.isUsable();
  if (isUsable) restores.complete();
  const fork = isUsable ? forkServers?.takeAnother(restores.server) : undefined;
  if (!fork) throw new Error("the image cannot be restored now");
  return fork;
}
