/** What speed is aimed at, and what was measured of it. Targets in milliseconds are of a faster machine than most: the yardstick says how much slower this one was. */
import { head, row } from "./statistics.ts";
import { referenceStartMs } from "./yardstick.ts";

/** What is kept of a section that was run. */
export interface MeasuredSection {
  /** The day, as 2026-11-22. */
  date: string;
  /** A bare start of Node while it was measured. */
  nodeStartMs: number;
  /** Null for what never came about, as JSON writes NaN. */
  figures: Record<string, number | null>;
}

export interface Target {
  title: string;
  /** The section's name, and the name of its figure. */
  section: string;
  figure: string;
  bound: "at least" | "at most";
  value: number;
  unit: "" | "ms" | "s" | "MiB" | "GiB";
  digits: number;
}

export type Verdict = "met" | "met by the yardstick" | "NOT MET" | "not measured";

const warmTargets = (name: string): Target[] => [
  ...[16, 64].map((connections): Target => ({
    title: `warm, ${name}, ${connections} connections: rate ÷ echo server's`,
    section: "warm",
    figure: `namespaces, ${name}, ${connections}: rate ÷ echo's`,
    bound: "at least",
    value: 0.35,
    unit: "",
    digits: 2,
  })),
  ...(
    [
      ["p50", 2],
      ["p99", 5],
    ] as const
  ).map(([part, value]): Target => ({
    title: `warm, ${name}, 1 connection: ${part} ÷ echo server's`,
    section: "warm",
    figure: `namespaces, ${name}, 1: ${part} ÷ echo's`,
    bound: "at most",
    value,
    unit: "",
    digits: 1,
  })),
];

const httpTargets = [1, 16, 64].map((connections): Target => ({
  title: `custom runtime by HTTP, ${connections === 1 ? "1 connection" : `${connections} connections`}: rate ÷ that of frames`,
  section: "warm",
  figure: `namespaces, ${connections}: HTTP ÷ frames`,
  bound: "at least",
  value: 0.4,
  unit: "",
  digits: 2,
}));

const peerTargets = ["serverless-offline 13", "@vercel/fun 1", "moto's server"].flatMap((peer) =>
  [1, 16].map((connections): Target => ({
    title: `rate ÷ that of ${peer}, ${connections === 1 ? "1 connection" : `${connections} connections`}`,
    section: "peers",
    figure: `${peer}, ${connections}: Pilotlight's rate ÷ this`,
    bound: "at least",
    value: 3,
    unit: "",
    digits: 1,
  })),
);

const coldTargets = ["nodejs", "python"].flatMap((name): Target[] => [
  {
    title: `cold start, ${name}, started ahead of need: p50`,
    section: "cold",
    figure: `${name}, namespaces: started ahead of need: p50 ms`,
    bound: "at most",
    value: 3,
    unit: "ms",
    digits: 1,
  },
  {
    title: `cold start, ${name}, forked: p50`,
    section: "cold",
    figure: `${name}, namespaces: forked: p50 ms`,
    bound: "at most",
    value: 8,
    unit: "ms",
    digits: 1,
  },
  {
    title: `cold start, ${name} with the AWS SDK and SnapStart ÷ its plain process`,
    section: "cold",
    figure: `${name}-sdk, namespaces: SnapStart: p50 ÷ plain`,
    bound: "at most",
    value: 0.12,
    unit: "",
    digits: 2,
  },
]);

const memoryTargets = (
  [
    ["forked, nodejs", 2.5],
    ["forked, python", 2.5],
    ["started plainly, nodejs", 10],
  ] as const
).flatMap(([what, value]) =>
  ["PSS", "PSS and page tables"].map((measure): Target => ({
    title: `an idle environment, ${what}: ${measure}`,
    section: "memory",
    figure: `namespaces: ${what}: ${measure} MiB`,
    bound: "at most",
    value,
    unit: "MiB",
    digits: 1,
  })),
);

const burstTargets = ["nodejs", "python"].flatMap((name) =>
  (
    [
      [1_000, 6],
      [3_000, 25],
    ] as const
  ).flatMap(([count, seconds]): Target[] => {
    const bounded = { section: "burst", bound: "at most" } as const;
    const [title, key] = [`0 to ${count}, ${name}`, `namespaces, ${name}, ${count}`];
    return [
      { ...bounded, title: `${title}: all run after`, figure: `${key}: s`, value: seconds, unit: "s", digits: 1 },
      { ...bounded, title: `${title}: refused, failed or late`, figure: `${key}: failures`, value: 0, unit: "", digits: 0 },
      { ...bounded, title: `${title}: memory in use`, figure: `${key}: GiB`, value: 12, unit: "GiB", digits: 1 },
    ];
  }),
);

const daemonTargets: Target[] = [
  {
    title: "ready after a start",
    section: "daemon",
    figure: "namespaces: next start ms",
    bound: "at most",
    value: 500,
    unit: "ms",
    digits: 0,
  },
  {
    title: "ready after the first start of all",
    section: "daemon",
    figure: "namespaces: first start ms",
    bound: "at most",
    value: 500,
    unit: "ms",
    digits: 0,
  },
  {
    title: "memory of the idle product",
    section: "daemon",
    figure: "namespaces: MiB of the product",
    bound: "at most",
    value: 120,
    unit: "MiB",
    digits: 0,
  },
];

export const targets: readonly Target[] = [
  ...warmTargets("nodejs"),
  ...warmTargets("python"),
  ...httpTargets,
  ...peerTargets,
  ...coldTargets,
  ...memoryTargets,
  ...burstTargets,
  ...daemonTargets,
];

/** A slower machine has more time, a faster one not less. Ratios, memory and counts are the same everywhere. */
export function boundOnThisMachine({ value, unit }: Target, nodeStartMs: number): number {
  return unit === "ms" || unit === "s" ? value * Math.max(1, nodeStartMs / referenceStartMs) : value;
}

export function verdictOn(target: Target, measured: number, nodeStartMs: number): Verdict {
  const isWithin = (bound: number): boolean => (target.bound === "at least" ? measured >= bound : measured <= bound);
  if (isWithin(target.value)) return "met";
  return isWithin(boundOnThisMachine(target, nodeStartMs)) ? "met by the yardstick" : "NOT MET";
}

/** The table of targets, from what is known of each section. */
export function targetLines(sections: Readonly<Record<string, MeasuredSection>>, wanted: readonly Target[] = targets): string[] {
  const show = (value: number, { unit, digits }: Target): string => `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
  const rows = wanted.map((target) => {
    const { title, section, figure, bound, value, unit } = target;
    const known = sections[section];
    const measured = known?.figures[figure];
    const aim = `${bound} ${value}${unit === "" ? "" : ` ${unit}`}`;
    if (known === undefined || measured === undefined) return row(title, aim, "", "", "not measured", "");
    const isScaled = unit === "ms" || unit === "s";
    const scaled = isScaled
      ? `${show(boundOnThisMachine(target, known.nodeStartMs), target)} (× ${(known.nodeStartMs / referenceStartMs).toFixed(1)})`
      : "";
    const shown = measured === null ? "never" : show(measured, target);
    return row(title, aim, scaled, shown, verdictOn(target, measured ?? Number.NaN, known.nodeStartMs), known.date);
  });
  return [
    "Isolation `namespaces`, two cores, functions of 1,769 MB. Times are of a machine on which a bare start of Node (`node -e 0`) takes " +
      `${referenceStartMs} ms; by the yardstick they are longer where that took longer while the section was measured.`,
    "Ratios have their yardstick in the same run. Sections that the last run left out keep their figures and their day.",
    "",
    ...head("target", "aim", "by the yardstick", "measured", "", "on"),
    ...rows,
  ];
}
