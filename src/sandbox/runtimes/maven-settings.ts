import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** For those who have no mirror of it. */
const mavenCentral = "https://repo.maven.apache.org/maven2/";

/** Base URL of the repository that this machine's Maven would ask: a mirror of its user's, or Maven Central. */
export async function usualRepository(settingsFile = join(homedir(), ".m2", "settings.xml")): Promise<string> {
  return readFile(settingsFile, "utf8").then(
    (settings) => mirrorOfCentral(settings) ?? mavenCentral,
    () => mavenCentral,
  );
}

/**
 * URL of the mirror of Maven Central that a settings.xml names, if it names one that needs no password.
 * https://maven.apache.org/guides/mini/guide-mirror-settings.html
 */
export function mirrorOfCentral(settings: string): string | undefined {
  const bare = settings.replace(/<!--.*?-->/gs, "");
  const withPassword = new Set([...bare.matchAll(/<server>(.*?)<\/server>/gs)].map(([, server]) => text(server ?? "", "id")));
  for (const [, mirror = ""] of bare.matchAll(/<mirror>(.*?)<\/mirror>/gs)) {
    const places = (text(mirror, "mirrorOf") ?? "").split(",").map((place) => place.trim());
    const isOfCentral = places.some((place) => ["*", "central", "external:*"].includes(place)) && !places.includes("!central");
    const url = text(mirror, "url");
    if (isOfCentral && text(mirror, "blocked") !== "true" && !withPassword.has(text(mirror, "id")) && url && /^https?:/.test(url)) {
      return asFolder(url);
    }
  }
  return undefined;
}

/** A URL to which paths can be added. */
export const asFolder = (url: string): string => (url.endsWith("/") ? url : `${url}/`);

const text = (xml: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
