import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { loadModel } from "#wire/model.ts";
import { findOperationFiles, operationFileName, readLedger } from "#wire/service-host.ts";
import type { ServiceDefinition } from "#wire/service.ts";
import { parseSourceFile, repository, topLevelNames } from "./source-file.ts";

/** What one service says of its operations. */
export interface Ledger {
  /** Names of the modelled operations. */
  modelled: readonly string[];
  /** Operation files by name, e.g. `create-function.ts`, with the names that each declares. */
  served: ReadonlyMap<string, readonly string[]>;
  /** Lines of not-implemented.txt. */
  notImplemented: readonly string[];
}

const shapeOfService = ["index.ts", "state.ts", "not-implemented.txt", "operations"];
const maximumIndexLines = 40;

export async function readServiceLedger(definition: ServiceDefinition): Promise<Ledger> {
  const [model, files, notImplemented] = await Promise.all([
    loadModel(definition.model),
    findOperationFiles(definition.folder),
    readLedger(definition.folder),
  ]);
  const served = [...files].map(([name, path]) => [name, topLevelNames(parseSourceFile(path, readFileSync(path, "utf8")))] as const);
  return { modelled: [...model.operations.keys()], served: new Map(served), notImplemented };
}

/** Every modelled operation is served or on the ledger, not both; nothing else is either. */
export function ledgerFaults({ modelled, served, notImplemented }: Ledger): string[] {
  const listed = new Set(notImplemented);
  const known = new Set(modelled);
  const operationOfFile = new Map(modelled.map((operation) => [operationFileName(operation), operation]));
  return [
    ...modelled
      .filter((name) => !listed.has(name) && !served.has(operationFileName(name)))
      .map((name) => `${name} is neither served nor listed`),
    ...modelled
      .filter((name) => listed.has(name) && served.has(operationFileName(name)))
      .map((name) => `${name} is both served and listed`),
    ...notImplemented.filter((name) => !known.has(name)).map((name) => `${name} is listed but not modelled`),
    ...(notImplemented.join() === [...listed].sort().join() ? [] : ["not-implemented.txt is not sorted, or repeats itself"]),
    ...[...served].flatMap(([file, names]) => {
      const operation = operationOfFile.get(file);
      if (operation === undefined) return [`operations/${file} is no modelled operation`];
      const handler = operation[0]!.toLowerCase() + operation.slice(1);
      return names.includes(handler) ? [] : [`operations/${file} does not export ${handler}`];
    }),
  ];
}

/** A service's folder has the shape that all services have. */
export function shapeFaults(folder: string): string[] {
  const missing = shapeOfService.filter((name) => !existsSync(join(folder, name))).map((name) => `${name} is missing`);
  if (!existsSync(join(repository, "docs", "services", `${basename(folder)}.md`)))
    missing.push(`docs/services/${basename(folder)}.md is missing`);
  if (missing.length > 0) return missing;
  const indexLines = readFileSync(join(folder, "index.ts"), "utf8").split("\n").length - 1;
  return indexLines > maximumIndexLines ? [`index.ts has ${indexLines} lines, ${maximumIndexLines} are enough`] : [];
}
