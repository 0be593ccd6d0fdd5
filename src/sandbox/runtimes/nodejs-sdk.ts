import { createHash } from "node:crypto";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** The packages of the AWS SDK that a Node.js function may import without bringing them, as on AWS. */
const scopes = ["@aws-sdk", "@smithy"];

/** Makes a folder for NODE_PATH in which the product's own copy of the SDK is found, and nothing else of the product. */
export async function linkSdk(productFolder: string, toolchainFolder: string): Promise<string> {
  // Copies of the product may share their toolchains, but each brings its own SDK.
  const copy = createHash("sha256").update(productFolder).digest("hex").slice(0, 12);
  const modules = join(toolchainFolder, `nodejs-sdk-${copy}`, "node_modules");
  await mkdir(modules, { recursive: true });
  await Promise.all(
    scopes.map(async (scope) => {
      // A link made aside and renamed: safe against a twin.
      const fresh = join(modules, `.${scope}-${process.pid}`);
      await rm(fresh, { force: true });
      await symlink(join(productFolder, "node_modules", scope), fresh);
      await rename(fresh, join(modules, scope));
    }),
  );
  return modules;
}
