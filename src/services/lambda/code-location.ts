/** Download URLs of code packages and layers: signed by us, good for ten minutes, as those that AWS presigns. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { CodePackage } from "./function-version.ts";
import { codeLocationSeconds } from "./limits.ts";
import type { LambdaState } from "./state.ts";

export const codePathPrefix = "/_pilotlight/lambda/code/";

type Signer = Pick<LambdaState, "clock" | "signingSecret">;

export function codeLocation(signer: Signer, { digest }: Pick<CodePackage, "digest">, endpoint: string): string {
  const expiresSeconds = Math.floor(signer.clock.now() / 1_000) + codeLocationSeconds;
  return `${endpoint}${codePathPrefix}${digest}?Expires=${expiresSeconds}&Signature=${sign(signer, digest, expiresSeconds)}`;
}

/** The digest a URL may download, undefined if it may not. `path` begins with the prefix. */
export function readCodeLocation(signer: Signer, path: string, query: string): string | undefined {
  const digest = path.slice(codePathPrefix.length);
  const parameters = new URLSearchParams(query);
  const expiresSeconds = Number(parameters.get("Expires"));
  const given = Buffer.from(parameters.get("Signature") ?? "", "hex");
  const wanted = Buffer.from(sign(signer, digest, expiresSeconds), "hex");
  const isSound = given.length === wanted.length && timingSafeEqual(given, wanted);
  return isSound && /^[0-9a-f]{64}$/.test(digest) && expiresSeconds * 1_000 > signer.clock.now() ? digest : undefined;
}

const sign = ({ signingSecret }: Signer, digest: string, expiresSeconds: number): string =>
  createHmac("sha256", signingSecret).update(`code ${digest} ${expiresSeconds}`).digest("hex");
