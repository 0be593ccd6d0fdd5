import { seenProgram, type LaunchOrder } from "../driver.ts";
import type { Leader } from "../leader.ts";
import type { ForkServers } from "./fork-servers.ts";
import { ownVariables, placesOf, type LaunchSite } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { nativeOrder } from "./native-launcher.ts";
import type { PrivateNetwork } from "./private-network.ts";

/** Lets the native launcher start an order's program, as a fork of one that has it loaded, if it may be that and there is one. */
export async function startNative(
  server: LaunchServer,
  forkServers: ForkServers | undefined,
  order: LaunchOrder,
  site: LaunchSite,
): Promise<Leader> {
  const { args, folders, wantsFrames, forkOf } = order;
  const program = seenProgram(order.program, folders, placesOf(folders));
  const variables = ownVariables(order.variables);
  const fork = forkOf && forkServers?.take(forkOf, site);
  try {
    const bytes = nativeOrder(site, folders, fork ?? { program, args, variables }, wantsFrames);
    const leader = await server.launch(bytes, { wantsFrames, network: (order.network as PrivateNetwork).descriptor });
    if (fork) void leader.exited.then(fork.release);
    return leader;
  } catch (error) {
    fork?.release();
    throw error;
  }
}
