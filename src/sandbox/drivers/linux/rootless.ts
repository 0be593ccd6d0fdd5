/**
 * What is different where the driver is not root: all of a sandbox lies in a user namespace, which has one user. Its root is our own user, and so are
 * the functions, without any of that root's powers. Loop devices, control groups that nobody delegated to us, and sockets in another network take the
 * machine's root: so /tmp is in memory, and the network is the machine's.
 */
import { findProgram, runs } from "../system-programs.ts";
import type { WayOut } from "./network/way-out.ts";

/** Rejects, with the reason, where the kernel lets no user make namespaces. */
export async function checkUserNamespaces(): Promise<void> {
  const unshare = (await findProgram("unshare")) ?? "unshare";
  if (await runs([unshare, ...userNamespace, "--mount", "--pid", "--fork", "--", "/bin/sh", "-c", ":"])) return;
  throw new Error("only root may make namespaces here, because the kernel lets no other user");
}

/** For unshare. */
export const userNamespace = ["--user", "--map-root-user"];
/** For nsenter. */
export const enterUserNamespace = (pid: number): string[] => [`--user=/proc/${pid}/ns/user`, "--preserve-credentials"];

export const sharedWayOut: WayOut = {
  network: undefined,
  description: "the network is this machine's",
  advice: [
    "Functions reach all that this user reaches over the network, this product with any key among it: run only code that you trust, or start as root.",
  ],
  async [Symbol.asyncDispose]() {},
};
