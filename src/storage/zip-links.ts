import { ZipRejected } from "./zip-rules.ts";

/** Linux follows no more links than this for one path. */
const maxFollowed = 40;

/**
 * Throws `ZipRejected` if following any of the links (path → target) would lead out of the root. It walks as the kernel does: a path
 * that looks innocent can leave by way of another link (`a → sub/dir`, `b → a/../..`).
 */
export function refuseEscapingLinks(links: ReadonlyMap<string, string>): void {
  for (const [path, target] of links) {
    if (escapes(path, links)) throw new ZipRejected("unsafe-link", `${path} → ${JSON.stringify(target)} leads out of the archive`);
  }
}

function escapes(path: string, links: ReadonlyMap<string, string>): boolean {
  const walked: string[] = [];
  const ahead = path.split("/").toReversed();
  let followed = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (walked.pop() === undefined) return true;
      continue;
    }
    const target = links.get([...walked, part].join("/"));
    if (target === undefined) {
      walked.push(part);
    } else if (isUnsafeTarget(target) || ++followed > maxFollowed) {
      return true;
    } else {
      ahead.push(...target.split("/").toReversed());
    }
  }
  return false;
}

const isUnsafeTarget = (target: string): boolean => target === "" || target.startsWith("/") || target.includes("\0");
