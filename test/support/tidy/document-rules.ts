import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listFiles, repository } from "./source-file.ts";

export function readDocuments(): Array<{ path: string; text: string }> {
  const paths = [...readdirSync(repository), ...listFiles("docs")].filter((path) => path.endsWith(".md"));
  return paths.map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

/** Links of a document that lead to no file of the repository. */
export function brokenLinks({ path, text }: { path: string; text: string }): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!.replace(/#.*$/, ""));
  return targets.filter((target) => target !== "" && !/^[a-z]+:/.test(target) && !existsSync(join(repository, dirname(path), target)));
}

/** `npm run NAME` in a document for which package.json has no script. */
export function unknownScripts({ text }: { text: string }): string[] {
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const mentioned = [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)].map((match) => match[1]!);
  return mentioned.filter((name) => scripts[name] === undefined);
}
