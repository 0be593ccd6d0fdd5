/**
 * `npm run new-service -- NAME [--sdk client-x] [--botocore FOLDER] [--store]`: the folder of a new service, with every modelled operation
 * on the ledger, its documentation page and its place on the two lists. docs/adding-a-service.md tells the whole way.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { describeService, serviceFiles } from "./service-template.ts";

const repository = join(import.meta.dirname, "..");

const { values: options, positionals } = parseArgs({
  options: { sdk: { type: "string" }, botocore: { type: "string" }, store: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [name] = positionals;
if (name === undefined || !/^[a-z][a-z0-9]*$/.test(name))
  fail("usage: npm run new-service -- NAME [--sdk client-x] [--botocore FOLDER] [--store]");
if (existsSync(join(repository, "src/services", name))) fail(`src/services/${name} is there already`);
const sdk = `@aws-sdk/${options.sdk ?? `client-${name}`}`;
if (!existsSync(join(repository, "node_modules", sdk))) fail(`${sdk} is not installed: npm install ${sdk}`);

const description = await describeService(name, sdk, options.store);
for (const [path, text] of serviceFiles(description)) {
  await mkdir(dirname(join(repository, path)), { recursive: true });
  await writeFile(join(repository, path), text);
}
await edit("src/services/index.ts", (text) =>
  text
    .replace(/((?:import [^;]*;\n)+)/, (imports) => addSorted(imports, `import { ${name} } from "./${name}/index.ts";\n`))
    .replace(
      /(services = )\[([^\]]*)\]/,
      (_all, before: string, list: string) => `${before}[${[...list.split(/,\s*/).filter(Boolean), name].sort().join(", ")}]`,
    ),
);
await edit("tools/generate-constraints.ts", (text) =>
  text.replace(
    /(const services: [^=]*= \[.*?)(\n\];)/s,
    `$1\n  { name: "${name}", botocore: "${options.botocore ?? name}", sdk: "${sdk}" },$2`,
  ),
);

console.log(`src/services/${name} is there, with ${description.operations.length} operations on its ledger. Next:
  1. npm run generate                     validation rules: src/wire/constraints/${name}.json
  2. write src/services/${name}/operations/THE-OPERATION.ts with its test, and take it off not-implemented.txt
  3. fill in the two TODOs: index.ts, docs/services/${name}.md
  4. npm run format && npm run check
docs/adding-a-service.md has the details.`);

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(join(repository, path), "utf8");
  const after = change(before);
  if (after === before) fail(`could not add ${name} to ${path}: please do it by hand`);
  await writeFile(join(repository, path), after);
}

/** Keeps the type import of the head first. */
function addSorted(imports: string, line: string): string {
  const [head, ...services] = imports.trimEnd().split("\n");
  return [head, ...[...services, line.trimEnd()].sort(), ""].join("\n");
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
