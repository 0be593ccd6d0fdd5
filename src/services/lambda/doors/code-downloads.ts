import { BlobNotFound } from "#storage/blobs.ts";
import type { Door } from "#wire/service.ts";
import { codePathPrefix, readCodeLocation } from "../code-location.ts";
import type { LambdaState } from "../state.ts";

/** Where `Code.Location` of GetFunction leads: the package as it was uploaded. */
export function codeDownloads(state: LambdaState): Door {
  return {
    pathPrefix: codePathPrefix,
    async handle({ method, path, query }) {
      const digest = method === "GET" ? readCodeLocation(state, path, query) : undefined;
      if (digest === undefined) return refusal(403, "This link has expired or is not ours. GetFunction gives a new one.\n");
      try {
        return { status: 200, headers: { "content-type": "application/zip" }, body: await state.blobs.read(digest) };
      } catch (error) {
        if (error instanceof BlobNotFound) return refusal(404, "This package was replaced or deleted.\n");
        throw error;
      }
    },
  };
}

const refusal = (status: number, body: string) => ({ status, headers: { "content-type": "text/plain" }, body });
