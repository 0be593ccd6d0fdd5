import type { Door } from "#wire/service.ts";
import { certificatePath } from "../links.ts";
import type { SnsState } from "../state.ts";

/** Where the SigningCertURL of messages leads. */
export function signingCertificate({ signer }: SnsState): Door {
  return {
    pathPrefix: certificatePath,
    async handle({ method, path }) {
      if (method !== "GET" || path !== `${certificatePath}${await signer.fileName()}`)
        return { status: 404, headers: { "content-type": "text/plain" }, body: "Not found\n" };
      return { status: 200, headers: { "content-type": "application/x-pem-file" }, body: await signer.certificate() };
    },
  };
}
