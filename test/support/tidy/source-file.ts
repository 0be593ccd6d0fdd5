/**
 * What the tidy test knows of a source file: its text and, where it is TypeScript or JavaScript, its syntax tree. The rules over it are
 * in rules.ts, those over whole services in service-rules.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { type Program, parseSync, Visitor, type VisitorObject } from "oxc-parser";

export interface SourceFile {
  /** From the repository's root, with `/`. */
  path: string;
  text: string;
  visit(visitor: VisitorObject): void;
  program: Program;
}

export const repository = join(import.meta.dirname, "../../..");

const sourceFolders = ["src", "runtimes", "test", "tools", "bench", "examples"];
const notOurs = /(^|\/)(node_modules|__pycache__)(\/|$)/;

/** Paths of all files under a folder of the repository, sorted. */
export function listFiles(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)))
    .filter((path) => !notOurs.test(path))
    .sort();
}

export function readSourceFiles(): SourceFile[] {
  const paths = sourceFolders.flatMap(listFiles).filter((path) => /\.(ts|mjs|py)$/.test(path));
  return paths.map((path) => parseSourceFile(path, readFileSync(join(repository, path), "utf8")));
}

/** Python is only measured: its tree is empty. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path.replace(/\.py$/, ".ts"), path.endsWith(".py") ? "" : text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  return { path, text, program, visit: (visitor) => new Visitor(visitor).visit(program) };
}

/** Number of the line at an offset, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** What a file imports, statically, dynamically or as a type: as written, and as a path from the root for files of the repository. */
export function importsOf(file: SourceFile): Array<{ specifier: string; target: string | undefined }> {
  const specifiers: string[] = [];
  const note = (source: { value?: unknown } | null | undefined): void => {
    if (typeof source?.value === "string") specifiers.push(source.value);
  };
  file.visit({
    ImportDeclaration: (node) => note(node.source),
    ExportNamedDeclaration: (node) => note(node.source),
    ExportAllDeclaration: (node) => note(node.source),
    ImportExpression: (node) => note(node.source as { value?: unknown }),
    TSImportType: (node) => note(node.source),
  });
  return specifiers.map((specifier) => ({ specifier, target: resolveImport(file.path, specifier) }));
}

/** package.json's "imports": `#kit/clock.ts` is `src/kit/clock.ts`. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith("#test/")) return specifier.replace("#test", "test/support");
  return specifier.startsWith("#") ? `src/${specifier.slice(1)}` : undefined;
}

/** Names declared at the top level of a file. */
export function topLevelNames({ program }: SourceFile): string[] {
  return program.body.flatMap((statement) => {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    switch (declaration?.type) {
      case "VariableDeclaration":
        return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
      case "FunctionDeclaration":
      case "ClassDeclaration":
      case "TSInterfaceDeclaration":
      case "TSTypeAliasDeclaration":
        return declaration.id ? [declaration.id.name] : [];
      default:
        return [];
    }
  });
}
