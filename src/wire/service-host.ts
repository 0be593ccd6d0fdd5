/**
 * One opened service: its model, its state, and its operations, each loaded when first needed, so that the product starts fast
 * however many services it has.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Eventual } from "#kit/eventual.ts";
import { type ServiceConstraints, loadConstraints } from "./constraints/constraints.ts";
import { AwsError } from "./errors.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import type { Operation } from "./operation.ts";
import type { Door, Loader, Loop, ServiceDefinition, ServiceDependencies } from "./service.ts";

export interface LoadedService {
  definition: ServiceDefinition;
  model: LoadedModel;
  constraints: ServiceConstraints;
  state: unknown;
  doors: readonly Door[];
  /** New ones, not started yet. */
  loops(): Loop[];
  /** The handler of a modelled operation. Rejects with NotImplemented for one on the ledger. */
  handler(operation: string): Eventual<Operation<object, object, unknown>>;
}

export class ServiceHost {
  readonly definition: ServiceDefinition;
  readonly #dependencies: ServiceDependencies;
  #opened: Promise<LoadedService> | undefined;
  #ready: LoadedService | undefined;

  constructor(definition: ServiceDefinition, dependencies: ServiceDependencies) {
    this.definition = definition;
    this.#dependencies = dependencies;
  }

  /** Opens the service the first time; later calls answer at once. A failed opening is tried again by the next call. */
  load(): Promise<LoadedService> | LoadedService {
    if (this.#ready) return this.#ready;
    this.#opened ??= this.#open().then(
      (loaded) => (this.#ready = loaded),
      (error: unknown) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }

  async #open(): Promise<LoadedService> {
    const { definition } = this;
    const [model, constraints, files, state, doors, loops] = await Promise.all([
      loadModel(definition.model),
      loadConstraints(definition.name),
      findOperationFiles(definition.folder),
      definition.open().then((open) => open(this.#dependencies)),
      loadParts(definition.doors),
      loadParts(definition.loops),
    ]);
    const handlers = new Map<string, Eventual<Operation<object, object, unknown>>>();
    return {
      definition,
      model,
      constraints,
      state,
      doors: doors.map((door) => door(state)),
      loops: () => loops.map((loop) => loop(state)).filter((loop) => loop !== undefined),
      handler(operation) {
        let handler = handlers.get(operation);
        if (handler === undefined) {
          const loading = loadHandler(definition, files, operation);
          void loading.then(
            (loaded) => handlers.set(operation, loaded),
            () => {},
          );
          handler = loading;
          handlers.set(operation, handler);
        }
        return handler;
      },
    };
  }
}

const loadParts = <Part>(loaders: ReadonlyArray<Loader<unknown, Part>> = []): Promise<Array<(state: unknown) => Part>> =>
  Promise.all(loaders.map((load) => load()));

async function loadHandler(
  definition: ServiceDefinition,
  files: ReadonlyMap<string, string>,
  operation: string,
): Promise<Operation<object, object, unknown>> {
  const file = files.get(operationFileName(operation));
  if (file === undefined) {
    const text = `Pilotlight does not implement ${definition.name}:${operation} yet. docs/services/${definition.name}.md lists what is served.`;
    throw new AwsError("NotImplemented", text);
  }
  const exported = (await import(pathToFileURL(file).href)) as Record<string, Operation<object, object, unknown> | undefined>;
  const handler = exported[operation[0]!.toLowerCase() + operation.slice(1)];
  if (handler === undefined) throw new Error(`${file} does not export ${operation}`);
  return handler;
}

/** `CreateFunction` → `create-function.ts`; digits stay with the word before them: `ListObjectsV2` → `list-objects-v2.ts`. */
export const operationFileName = (operation: string): string =>
  `${operation
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()}.ts`;

/** Operation files of a service by file name, sub-folders included. */
export async function findOperationFiles(serviceFolder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(join(serviceFolder, "operations"), { recursive: true, withFileTypes: true });
  const operationFiles = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"));
  return new Map(operationFiles.map((entry) => [entry.name, join(entry.parentPath, entry.name)]));
}

/** The ledger: modelled operations that a service does not serve yet. */
export async function readLedger(serviceFolder: string): Promise<string[]> {
  const text = await readFile(join(serviceFolder, "not-implemented.txt"), "utf8");
  return text.split("\n").filter((line) => line !== "");
}
