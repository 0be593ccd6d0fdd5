import type { BlobStore } from "#storage/blobs.ts";
import type { Database } from "#storage/database.ts";
import type { UnpackedImages } from "#storage/images/unpacked-images.ts";
import type { UnpackedPackages } from "#storage/unpacked.ts";
import type { Sandbox } from "#sandbox/contract.ts";
import type { FileSystemFolders } from "./function-file-systems.ts";
import type { ImagePlaces } from "./images/images.ts";

/** What main.ts hands in besides what every service gets. */
export interface LambdaPorts {
  database: Database;
  /** Code packages and layers. */
  blobs: BlobStore;
  /** Their unpacked copies, which the sandbox makes. */
  unpacked: Pick<UnpackedPackages, "delete" | "deleteMerged">;
  /** Container images, where they were unpacked. */
  unpackedImages: Pick<UnpackedImages, "unpack" | "delete">;
  /** Where images may come from. */
  imagePlaces: ImagePlaces;
  sandbox: Sandbox;
  /** What functions may mount. */
  fileSystems: FileSystemFolders;
  /** Signs the URLs under which packages can be downloaded; 32 bytes. */
  signingSecret: Buffer;
  /** Our own origin as functions should see it. */
  endpoint: () => string;
}
