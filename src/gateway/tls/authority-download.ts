import type { Door } from "#wire/service.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";

/** The authority's certificate, for those who want to trust it. It is no secret. */
export function authorityDownload(authority: CertificateAuthority): Door {
  return {
    pathPrefix: "/_pilotlight/ca.pem",
    async handle({ method, path }) {
      if (path !== "/_pilotlight/ca.pem" || (method !== "GET" && method !== "HEAD"))
        return { status: 404, headers: { "content-type": "text/plain" }, body: "Not found\n" };
      const headers = { "content-type": "application/x-pem-file", "content-disposition": 'attachment; filename="pilotlight-ca.pem"' };
      return { status: 200, headers, body: await authority.certificate() };
    },
  };
}
