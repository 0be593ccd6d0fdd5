import { Readable } from "node:stream";
import { checkedDigest, ImageProblem, type ImageSource, maxManifestBytes, parseDocument, readAll } from "./image-source.ts";
import { manifestTypes } from "./manifest.ts";

/** How long an answer may take, its body included: a document's, for which somebody waits, and a layer's. */
const documentLimitMs = 20_000;
const layerLimitMs = 15 * 60 * 1000;
const maxRedirects = 3;
const maxTokenBytes = 64 * 1024;

export interface Registry {
  /** `http://localhost:5000`, maybe with a user and a password. */
  url: string;
  repository: string;
}

/** A repository of a registry: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export function openRegistry({ url, repository }: Registry): ImageSource {
  const { origin, username, password } = new URL(url);
  const login = username === "" ? undefined : `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;
  let authorization = login;

  const get = async (path: string, limitMs: number, accept?: string): Promise<Readable> => {
    const ask = (): Promise<Response> =>
      follow(new URL(`/v2/${repository}/${path}`, origin), limitMs, {
        ...(accept !== undefined && { accept }),
        ...(authorization !== undefined && { authorization }),
      });
    let answer = await ask();
    const challenge = answer.headers.get("www-authenticate") ?? "";
    if (answer.status === 401 && /^bearer /i.test(challenge)) {
      await answer.body?.cancel();
      authorization = `Bearer ${await fetchToken(challenge, origin, login)}`;
      answer = await ask();
    }
    if (answer.ok && answer.body) return Readable.fromWeb(answer.body);
    await answer.body?.cancel();
    if (answer.status === 404) throw new ImageProblem("missing", `the registry has no ${repository}/${path}`);
    if (answer.status === 401 || answer.status === 403) throw new ImageProblem("denied", `the registry lets us not read ${repository}`);
    throw new ImageProblem("unreachable", `the registry answered with status ${answer.status}`);
  };
  const document = async (path: string, accept?: string): Promise<Buffer> => {
    const body = await get(path, documentLimitMs, accept);
    return readAll(body, maxManifestBytes).catch((cause: unknown) => {
      throw cause instanceof ImageProblem ? cause : new ImageProblem("unreachable", "the registry broke off", { cause });
    });
  };
  const blobPath = (digest: string): string => `blobs/${checkedDigest(digest).join(":")}`;
  return {
    manifest: (reference) => document(`manifests/${reference}`, manifestTypes.join(", ")),
    config: async (digest) => document(blobPath(digest)),
    blob: async (digest) => get(blobPath(digest), layerLimitMs),
  };
}

/** Registries send one on to where layers are stored, which may be elsewhere; never to what is not encrypted, for that may be a server of this machine. */
async function follow(url: URL, limitMs: number, headers: Record<string, string>): Promise<Response> {
  let target = url;
  for (let redirects = 0; ; redirects++) {
    const own = target.origin === url.origin ? headers : {};
    const answer = await fetch(target, { headers: own, redirect: "manual", signal: AbortSignal.timeout(limitMs) }).catch(
      (cause: unknown) => {
        throw new ImageProblem("unreachable", `the registry ${target.origin} cannot be reached`, { cause });
      },
    );
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
    await answer.body?.cancel();
    target = new URL(location, target);
    if (redirects === maxRedirects || (target.origin !== url.origin && target.protocol !== "https:"))
      throw new ImageProblem("unreachable", "the registry sends us where we do not go");
  }
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function fetchToken(challenge: string, origin: string, login: string | undefined): Promise<string> {
  const { realm, ...parameters } = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const url = URL.canParse(realm ?? "") ? new URL(realm as string) : undefined;
  if (url === undefined || (url.origin !== origin && url.protocol !== "https:"))
    throw new ImageProblem("denied", "the registry asks for a login that we do not know");
  for (const name of ["service", "scope"]) if (parameters[name] !== undefined) url.searchParams.set(name, parameters[name]);
  const answer = await follow(url, documentLimitMs, login === undefined ? {} : { authorization: login });
  if (!answer.ok || !answer.body) throw new ImageProblem("denied", "the registry does not let us in");
  const bytes = await readAll(Readable.fromWeb(answer.body), maxTokenBytes);
  const { token, access_token: accessToken } = parseDocument<{ token?: string; access_token?: string }>(bytes);
  return token ?? accessToken ?? "";
}
