import { readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "#kit/clock.ts";
import { overlaps } from "#kit/ip-range.ts";
import type { SystemCalls } from "../system-calls.ts";
import { hostRoutes } from "./address-block.ts";
import { guardedInterface, guardTable, hostTablePrefix } from "./filter-tables.ts";
import { type NetlinkError, netlinkFamily, NetlinkSocket } from "./netlink.ts";
import { deleteTable, makeTable, tableNames } from "./nf-tables.ts";
import type { OutboundPolicy } from "./policy.ts";

/** A laptop changes its networks while we run. */
const lookIntervalMs = 5_000;

/**
 * Lets packets pass through this machine: those of functions, and the answers to them. A machine that forwards already is left as it is. On another
 * one, forwarding is switched on for our interface and for those by which answers come in, each behind a guard; the last daemon to leave switches it
 * off again.
 */
export class Forwarding implements Disposable {
  #clock: Clock;
  #policy: OutboundPolicy;
  #filters: NetlinkSocket;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** Throws if it cannot be switched on. */
  constructor(calls: SystemCalls, clock: Clock, ownInterface: string, policy: OutboundPolicy) {
    this.#clock = clock;
    this.#policy = policy;
    if (!readSwitch(ownInterface)) writeSwitch(ownInterface, true);
    this.#filters = new NetlinkSocket(calls, netlinkFamily.netfilter, "the guard of a network interface");
    try {
      this.refresh();
    } catch (error) {
      this.#filters[Symbol.dispose]();
      throw error;
    }
  }

  /** Sees to the interfaces that answers come in by now. Costs next to nothing when called often. */
  refresh(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs < lookIntervalMs) return;
    this.#lookedAtMs = nowMs;
    const { internet, allowed } = this.#policy;
    const isWanted = hostRoutes().filter(
      ({ range }) => (internet && range.prefixBits === 0) || allowed.some((other) => overlaps(other, range)),
    );
    for (const name of new Set(isWanted.map(({ interfaceName }) => interfaceName))) {
      try {
        if (!readSwitch(name)) this.#open(name);
      } catch (error) {
        // The interface has gone meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }

  #open(interfaceName: string): void {
    try {
      makeTable(this.#filters, guardTable(interfaceName));
    } catch (error) {
      // It has a guard already.
      if ((error as NetlinkError).code !== "EEXIST") throw error;
    }
    writeSwitch(interfaceName, true);
  }

  [Symbol.dispose](): void {
    const tables = tableNames(this.#filters);
    const isLast = !tables.some((name) => name.startsWith(hostTablePrefix));
    for (const table of isLast ? tables : []) {
      const name = guardedInterface(table);
      if (name === undefined) continue;
      try {
        // Where somebody has made this machine a router meanwhile, it stays one.
        if (!readSwitch("all")) writeSwitch(name, false);
      } catch {
        // The interface is gone.
      }
      deleteTable(this.#filters, table);
    }
    this.#filters[Symbol.dispose]();
  }
}

const switchPath = (interfaceName: string): string => `/proc/sys/net/ipv4/conf/${interfaceName}/forwarding`;

const readSwitch = (interfaceName: string): boolean => readFileSync(switchPath(interfaceName), "utf8").trim() !== "0";

const writeSwitch = (interfaceName: string, isOn: boolean): void => writeFileSync(switchPath(interfaceName), isOn ? "1" : "0");
