import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

const file = resolve(import.meta.dirname, "../docs/benchmarks.md");
const preface = "# Benchmarks\n\nWritten by the programs in `bench/`. Absolute figures belong to the machine named; the ratios travel.\n";

/** Puts a section into docs/benchmarks.md, in place of the one of the same title. */
export async function writeSection(title: string, body: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => preface);
  const [head = preface, ...sections] = text.split(/^(?=## )/m);
  const others = sections.filter((section) => !section.startsWith(`## ${title}\n`));
  await writeFile(file, [head, ...others, `## ${title}\n\n${body}\n`].map((part) => `${part.trimEnd()}\n`).join("\n"));
}
