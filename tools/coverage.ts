/**
 * `npm run coverage`: writes into each service's page (docs/services/*.md) which operations are served and which are not, from the model
 * and the ledger. The tidy test sees to it that the pages are current.
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { services } from "#services/index.ts";
import { loadModel } from "#wire/model.ts";
import { readLedger } from "#wire/service-host.ts";
import type { ServiceDefinition } from "#wire/service.ts";

const begin = "<!-- coverage: written by npm run coverage -->";
const end = "<!-- end of coverage -->";

export const pageOf = ({ name }: ServiceDefinition): string => resolve(import.meta.dirname, `../docs/services/${name}.md`);

/** The page with its coverage section as it has to be; the section is added at the end if there is none. */
export async function withCoverage(page: string, definition: ServiceDefinition): Promise<string> {
  const section = await coverageSection(definition);
  const [before, rest] = page.split(begin);
  if (rest === undefined) return `${page.trimEnd()}\n\n## Coverage\n${section}\n`;
  return `${before}${section}${rest.slice(rest.indexOf(end) + end.length)}`;
}

async function coverageSection(definition: ServiceDefinition): Promise<string> {
  const { operations } = await loadModel(definition.model);
  const missing = await readLedger(definition.folder);
  const served = [...operations.keys()].filter((name) => !missing.includes(name)).sort();
  return [
    begin,
    `${served.length} of ${operations.size} modelled operations are served; the others answer \`NotImplemented\`.`,
    "",
    "| | operations |",
    "|---|---|",
    `| served | ${served.join(", ")} |`,
    `| not yet | ${missing.join(", ") || "none"} |`,
    "",
    end,
  ].join("\n");
}

if (import.meta.main) {
  for (const definition of services) {
    const page = await readFile(pageOf(definition), "utf8");
    await writeFile(pageOf(definition), await withCoverage(page, definition));
  }
}
