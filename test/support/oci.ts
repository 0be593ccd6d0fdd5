/** Whether containers can be run here, and which drivers isolate: what cannot be had is skipped by name. */
import { obtainProgram } from "../../tools/debian-packages.ts";
import { canIsolate } from "./traces.ts";

/** Undefined if containers can be run. */
export async function ociReason(): Promise<string | undefined> {
  if (!canIsolate) return "takes Linux on x86-64, and root";
  if ((await obtainProgram("runc")) === undefined) return "takes runc (Debian: apt-get install runc)";
  return undefined;
}

export interface IsolatingDriver {
  isolation: "namespaces" | "oci";
  /** Why its tests are skipped; false: they are not. */
  skip: string | false;
}

export const isolatingDrivers: readonly IsolatingDriver[] = [
  { isolation: "namespaces", skip: !canIsolate && "takes Linux on x86-64, and root" },
  { isolation: "oci", skip: (await ociReason()) ?? false },
];
