/** The tables of functions as in migrations/, and what every statement on them shares. */
import { type Database, RowCountMismatch, type Statement } from "#storage/database.ts";
import { queryBuilder } from "#storage/query-builder.ts";
import type { Alias } from "../alias.ts";
import type { FunctionId } from "../function-name.ts";
import { type FunctionVersion, isSettling, versionNumber } from "../function-version.ts";

interface FunctionKey {
  account_id: string;
  region: string;
  name: string;
}

export interface Tables {
  lambda_functions: FunctionKey & { tags: string };
  lambda_version_numbers: FunctionKey & { last_number: number };
  lambda_versions: FunctionKey & {
    version: string;
    number: number;
    revision_id: string;
    code_digest: string;
    code_bytes: number;
    is_settling: number;
    layer_digests: string;
    configuration: string;
  };
  lambda_aliases: FunctionKey & {
    alias: string;
    version: string;
    additional_version: string | null;
    revision_id: string;
    configuration: string;
  };
}

export const sql = queryBuilder<Tables>();

export const keyOf = ({ accountId, region, name }: FunctionId): FunctionKey => ({ account_id: accountId, region, name });

export const toVersionRow = (version: FunctionVersion): Tables["lambda_versions"] => ({
  ...keyOf(version),
  version: version.version,
  number: versionNumber(version.version),
  revision_id: version.revisionId,
  code_digest: version.code.digest,
  code_bytes: version.code.sizeBytes,
  is_settling: isSettling(version) ? 1 : 0,
  layer_digests: digestList((version.layers ?? []).map(({ digest }) => digest)),
  configuration: JSON.stringify(version),
});

/** Digests in their order, each between spaces; nothing for none. */
export const digestList = (digests: readonly string[]): string => digests.map((digest) => ` ${digest} `).join("");

export const toVersion = ({ configuration }: { configuration: string }): FunctionVersion => JSON.parse(configuration) as FunctionVersion;

export const toAliasRow = (alias: Alias): Tables["lambda_aliases"] => ({
  ...keyOf(alias),
  alias: alias.alias,
  version: alias.version,
  additional_version: alias.additional?.version ?? null,
  revision_id: alias.revisionId,
  configuration: JSON.stringify(alias),
});

export const toAlias = ({ configuration }: { configuration: string }): Alias => JSON.parse(configuration) as Alias;

/** False if a statement met another number of rows than it expected; nothing was written then. */
export async function writeExpecting(database: Database, unit: readonly Statement[]): Promise<boolean> {
  try {
    await database.write(unit);
    return true;
  } catch (error) {
    if (error instanceof RowCountMismatch) return false;
    throw error;
  }
}
