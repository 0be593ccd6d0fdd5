import type { StreamRow } from "./store.ts";

/** AWS still hands these out and no longer looks at those it is given: 56 digits. */
export const sequenceToken = ({ created_at_ms, last_ingestion_ms }: StreamRow): string =>
  `49${String(created_at_ms).padStart(27, "0")}${String(last_ingestion_ms ?? 0).padStart(27, "0")}`;
