import type { LogsState } from "../state.ts";

/** Drops events that have outlived their group's retention, and what a crash left of deleted groups. */
export async function sweep({ store, groups, appendLogs }: Pick<LogsState, "store" | "groups" | "appendLogs">): Promise<void> {
  // The folders first: a group that is made meanwhile has its row before its folder.
  const folders = await appendLogs.names();
  const rows = await store.allGroups();
  const orphans = new Set(folders).difference(new Set(rows.map(({ id }) => id)));
  for (const orphan of orphans) await appendLogs.delete(orphan);
  for (const row of rows) {
    if (row.retention_days === null) continue;
    await groups.expire(await groups.find({ accountId: row.account_id, region: row.region }, row.name));
  }
}
