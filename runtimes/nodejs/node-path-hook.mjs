import { isMissingPackage, parentUrls } from "./node-path.mjs";

/** The hook of node-path.mjs for versions of Node that run hooks in a thread of their own: before 22.15. */
export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!isMissingPackage(specifier, error)) throw error;
    for (const parentURL of parentUrls()) {
      try {
        return await nextResolve(specifier, { ...context, parentURL });
      } catch {
        // The next folder may have it.
      }
    }
    throw error;
  }
}
