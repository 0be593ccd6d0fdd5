/** docs/benchmarks.md, and beside it the figures that targets are set for: sections that are not run stay as they are. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type MeasuredSection, targetLines } from "./targets.ts";

const file = resolve(import.meta.dirname, "../docs/benchmarks.md");
const figuresFile = resolve(import.meta.dirname, "../docs/benchmark-figures.json");
const preface = "# Benchmarks\n\nWritten by the programs in `bench/`. Absolute figures belong to the machine named; the ratios travel.\n";
const targetsTitle = "Targets";

/** A report with a section in place of the one of the same title; a new one goes to the end, or to the beginning. */
export function withSection(text: string, title: string, body: string, isFirst = false): string {
  const [head = preface, ...sections] = (text || preface).split(/^(?=## )/m);
  const index = sections.findIndex((section) => section.startsWith(`## ${title}\n`));
  const section = `## ${title}\n\n${body}\n`;
  if (index >= 0) sections[index] = section;
  else if (isFirst) sections.unshift(section);
  else sections.push(section);
  return [head, ...sections].map((part) => `${part.trimEnd()}\n`).join("\n");
}

/** Puts a section into the report. */
export async function writeSection(title: string, body: string): Promise<void> {
  await change((text) => withSection(text, title, body));
}

/** Keeps the figures of a section, and writes the table of targets anew. */
export async function writeTargets(name: string, measured: MeasuredSection): Promise<void> {
  const known = JSON.parse(await readFile(figuresFile, "utf8").catch(() => "{}")) as Record<string, MeasuredSection>;
  const figures = Object.fromEntries(
    Object.entries(measured.figures).map(([key, value]) => [key, value === null ? null : Number(value.toPrecision(4))]),
  );
  const sections = { ...known, [name]: { ...measured, nodeStartMs: Number(measured.nodeStartMs.toPrecision(4)), figures } };
  await writeFile(figuresFile, `${JSON.stringify(sections, null, 2)}\n`);
  await change((text) => withSection(text, targetsTitle, targetLines(sections).join("\n"), true));
}

async function change(edit: (text: string) => string): Promise<void> {
  await writeFile(file, edit(await readFile(file, "utf8").catch(() => "")));
}
