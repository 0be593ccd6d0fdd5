import type { KeyObject } from "node:crypto";
import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface SnsPorts {
  database: Database;
  /** Our own origin as subscribers should see it, for the links in messages. */
  endpoint: () => string;
  /** Origin of the URLs of signing certificates. */
  certificateOrigin: () => string;
  certificates: CertificateSource;
  /** The content of a small private file of the data folder, made by `create` if it is not there. */
  keepFile: (name: string, create: () => Promise<Buffer>) => Promise<Buffer>;
  /** Whether these are the keys of an account's root: they open the outbox. */
  isRootKey: (accessKeyId: string, secretAccessKey: string) => boolean;
}

/** The data folder's certificate authority. */
export interface CertificateSource {
  /** PEM: subscribers whose certificates come from it are trusted. */
  certificate(): Promise<string>;
  certify(publicKey: KeyObject, commonName: string, names: readonly string[]): Promise<{ certificate: string; expiresMs: number }>;
}
