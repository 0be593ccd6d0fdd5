/**
 * A new service as files: the shape of src/services/sts, filled with what the SDK's client knows of the service's model. new-service.ts
 * writes them down.
 */
import type { ProtocolName } from "#wire/service.ts";

export interface ServiceDescription {
  /** Folder under src/services and name in `calls`: `sqs`. */
  name: string;
  /** Package with the SDK's client: `@aws-sdk/client-sqs`. */
  sdk: string;
  hasStore: boolean;
  signingName: string;
  protocol: ProtocolName;
  apiVersion: string;
  namespace: string;
  targetPrefix?: string;
  xmlNamespace?: string;
  /** Names of the modelled operations. */
  operations: readonly string[];
}

/** What an SDK client's configuration says of its service. */
interface ClientConfig {
  apiVersion: string;
  defaultSigningName: string;
  protocol: { constructor: { name: string } };
  protocolSettings: { defaultNamespace: string; serviceTarget?: string; xmlNamespace?: string };
}

/** By the SDK's class. restXml and rpcv2Cbor join with the services that need them. */
const protocolNames: Readonly<Record<string, ProtocolName>> = {
  AwsRestJsonProtocol: "restJson1",
  AwsJson1_0Protocol: "awsJson1_0",
  AwsJson1_1Protocol: "awsJson1_1",
  AwsQueryProtocol: "awsQuery",
};

const operationKind = 9;

/** Reads a client's module. Throws for a protocol that wire does not speak. */
export async function describeService(name: string, sdk: string, hasStore: boolean): Promise<ServiceDescription> {
  const exported = Object.entries((await import(sdk)) as Record<string, unknown>);
  const operations = exported.flatMap(([, value]) => (Array.isArray(value) && value[0] === operationKind ? [value[2] as string] : []));
  const [, Client] = exported.find(([exportName]) => /^[A-Z]\w*Client$/.test(exportName))!;
  const { config } = new (Client as new (options: object) => { config: ClientConfig })({ region: "us-east-1" });
  const { defaultNamespace, serviceTarget, xmlNamespace } = config.protocolSettings;
  const protocol = protocolNames[config.protocol.constructor.name];
  if (protocol === undefined)
    throw new Error(`${sdk} speaks ${config.protocol.constructor.name}, which src/wire/protocols does not know yet`);
  return {
    name,
    sdk,
    hasStore,
    signingName: config.defaultSigningName,
    protocol,
    apiVersion: config.apiVersion,
    namespace: defaultNamespace,
    ...(protocol.startsWith("awsJson") && serviceTarget !== undefined && { targetPrefix: serviceTarget }),
    ...(protocol === "awsQuery" && xmlNamespace !== undefined && { xmlNamespace }),
    operations: operations.sort(),
  };
}

/** Contents by path from the repository's root. */
export function serviceFiles(service: ServiceDescription): ReadonlyMap<string, string> {
  const folder = `src/services/${service.name}`;
  const files: Array<[path: string, text: string]> = [
    [`${folder}/index.ts`, indexFile(service)],
    [`${folder}/state.ts`, stateFile(service)],
    [`${folder}/not-implemented.txt`, service.operations.map((operation) => `${operation}\n`).join("")],
    [`${folder}/operations/.gitkeep`, ""],
    [`docs/services/${service.name}.md`, documentFile(service)],
  ];
  if (service.hasStore) {
    files.push([`${folder}/ports.ts`, portsFile(service)]);
    files.push([`${folder}/store.ts`, storeFile(service)]);
    files.push([`${folder}/migrations/0001-initial.ts`, migrationFile(service)]);
  }
  return new Map(files);
}

const typeName = (name: string): string => name[0]!.toUpperCase() + name.slice(1);

function indexFile(service: ServiceDescription): string {
  const { name, sdk, signingName, protocol, apiVersion, namespace, targetPrefix, xmlNamespace } = service;
  const type = typeName(name);
  return `/**
 * TODO: what the service is for, and how it is built here, in a paragraph. This is the first thing that a reader of the folder sees.
 */
import { service } from "#wire/service.ts";

export const ${name} = service({
  name: "${name}",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("${sdk}"),
    signingName: "${signingName}",
    protocols: ["${protocol}"],
    apiVersion: "${apiVersion}",
    namespace: "${namespace}",
${targetPrefix === undefined ? "" : `    targetPrefix: "${targetPrefix}",\n`}${xmlNamespace === undefined ? "" : `    xmlNamespace: "${xmlNamespace}",\n`}  },
  open: async () => (await import("./state.ts")).open${type},
});
`;
}

function stateFile({ name, hasStore }: ServiceDescription): string {
  const type = typeName(name);
  const head = `import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Operation } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
${hasStore ? `import type { ${type}Ports } from "./ports.ts";\nimport { ${type}Store } from "./store.ts";\n` : ""}
/** What the operations of this service share. */
export interface ${type}State {
  clock: Clock;
  ids: Ids;
${hasStore ? `  store: ${type}Store;\n` : ""}}

export type ${type}Operation<Input, Output> = Operation<Input, Output, ${type}State>;
`;
  const open = hasStore
    ? `export async function open${type}({ clock, ids, database }: ServiceDependencies & ${type}Ports): Promise<${type}State> {
  return { clock, ids, store: await ${type}Store.open(database) };
}`
    : `export function open${type}({ clock, ids }: ServiceDependencies): ${type}State {
  return { clock, ids };
}`;
  return `${head}\n${open}\n`;
}

const portsFile = ({ name }: ServiceDescription): string => `import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface ${typeName(name)}Ports {
  database: Database;
}
`;

const storeFile = ({ name }: ServiceDescription): string => `/** Every SQL statement of this service. */
import type { Database } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import { initial } from "./migrations/0001-initial.ts";

interface Tables {
  ${name}_resources: { account_id: string; region: string; name: string };
}

const sql = queryBuilder<Tables>();

export class ${typeName(name)}Store {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<${typeName(name)}Store> {
    await database.migrate("${name}", [initial]);
    return new ${typeName(name)}Store(database);
  }

  /** Names, sorted. */
  async list(accountId: string, region: string): Promise<string[]> {
    const query = sql.selectFrom("${name}_resources").select("name").where("account_id", "=", accountId).where("region", "=", region);
    const rows = await this.#database.read(query.orderBy("name").compile());
    return rows.map(({ name }) => name);
  }
}
`;

const migrationFile = ({ name }: ServiceDescription): string => `import type { Migration } from "#storage/database.ts";

export const initial: Migration = {
  name: "0001-initial",
  statements: [
    \`create table ${name}_resources (
      account_id text not null, region text not null, name text not null,
      primary key (account_id, region, name))\`,
  ],
};
`;

const documentFile = ({ name }: ServiceDescription): string => `# ${name}

TODO: what works, in a paragraph. What does not yet stands in
[not-implemented.txt](../../src/services/${name}/not-implemented.txt) and answers \`NotImplemented\`.

## Where this differs from AWS
Nowhere that we know of.
`;
