import type { Door } from "#wire/service.ts";
import { outboxItems } from "../limits.ts";
import { outboxPath } from "../links.ts";
import type { SnsState } from "../state.ts";

/**
 * The mails, texts and push messages that did not leave the machine, newest first, as JSON. They may hold links that confirm subscriptions,
 * so they are shown to who knows the keys of an account's root only (as user and password: `curl -u test:test`).
 */
export function outbox({ outbox: store, isRootKey }: SnsState): Door {
  return {
    pathPrefix: outboxPath,
    async handle({ method, path, headers }) {
      if (path !== outboxPath || method !== "GET") return { status: 404, headers: { "content-type": "text/plain" }, body: "Not found\n" };
      const [scheme, credentials = ""] = (headers.authorization ?? "").split(" ");
      const [user, ...password] = Buffer.from(credentials, "base64").toString().split(":");
      if (scheme?.toLowerCase() !== "basic" || !isRootKey(user!, password.join(":"))) {
        const asks = { "content-type": "text/plain", "www-authenticate": 'Basic realm="Pilotlight, keys of the root", charset="UTF-8"' };
        return { status: 401, headers: asks, body: "The outbox opens with the keys of the root.\n" };
      }
      const items = (await store.list(outboxItems)).map(({ sentMs, ...item }) => ({ ...item, sentAt: new Date(sentMs).toISOString() }));
      return { status: 200, headers: { "content-type": "application/json" }, body: `${JSON.stringify({ items }, undefined, 2)}\n` };
    },
  };
}
