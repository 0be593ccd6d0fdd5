import { basename } from "node:path";
import { importsOf, lineAt, type SourceFile, topLevelNames } from "./source-file.ts";

/** A rule of the house over one file. It says what is wrong; `planted` is a file that it must object to. */
export interface Rule {
  name: string;
  planted: { path: string; text: string };
  faults(file: SourceFile): string[];
}

/** Who may import whom: DESIGN's table. Whoever is not named may import everything. `service` is one folder under services/. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  wire: ["kit"],
  storage: ["kit"],
  sandbox: ["kit", "storage"],
  service: ["kit", "wire", "storage"],
  services: ["wire", "service"],
  gateway: ["kit", "wire", "config"],
  config: ["kit"],
  cli: ["kit"],
  runtimes: [],
  console: [],
  examples: [],
};

/** The port between Lambda and the sandbox: the one file that crosses. */
const lambdaPort = { from: "src/services/lambda/", to: "src/sandbox/contract.ts" };

const maximumFileLines = 400;
const maximumFunctionLines = 70;
const bannedWords = new Set(["util", "helper", "manager", "common", "base", "impl"]);

/** Each layer's chief file, which says in a paragraph what the folder is. A service's is its index.ts. */
const chiefFiles = new Set(["kit/clock.ts", "wire/dispatcher.ts", "storage/database.ts", "sandbox/contract.ts", "gateway/gateway.ts"]);
const shortestParagraph = 100;

const isTest = (path: string): boolean => path.endsWith(".test.ts");
const plant = (path: string, text: string): Rule["planted"] => ({ path, text });

export const rules: readonly Rule[] = [
  {
    name: "layers import downward only",
    planted: plant("src/wire/planted.ts", `const f = () => import("#storage/database.ts");`),
    faults: (file) =>
      importsOf(file).flatMap(({ specifier, target }) =>
        target !== undefined && !allowed(file.path, target) ? [`${layerOf(file.path)} may not import ${specifier}`] : [],
      ),
  },
  {
    name: "imports within a layer are relative, across layers by #layer/, always with the extension",
    planted: plant("src/wire/planted.ts", `import { systemClock } from "../kit/clock.ts";`),
    faults: (file) =>
      importsOf(file).flatMap(({ specifier, target }) => {
        if (target === undefined) return [];
        if (!/\.(ts|mjs|json)$/.test(specifier)) return [`${specifier} lacks its extension`];
        const inside = layerFolder(file.path) === layerFolder(target);
        return file.path.startsWith("src/") && inside !== specifier.startsWith(".") && !isComposition(file.path)
          ? [`${specifier}: wrong form`]
          : [];
      }),
  },
  {
    name: `files have at most ${maximumFileLines} lines`,
    planted: plant("src/kit/planted.ts", "\n".repeat(maximumFileLines + 1)),
    faults: ({ text }) => {
      const lines = text.split("\n").length - 1;
      return lines > maximumFileLines ? [`${lines} lines`] : [];
    },
  },
  {
    name: `functions have at most ${maximumFunctionLines} lines`,
    planted: plant("src/kit/planted.ts", `export const long = () => {${"\n".repeat(maximumFunctionLines)}};`),
    faults: longFunctions,
  },
  {
    name: "files are named in kebab-case",
    planted: plant("src/kit/plantedFile.ts", ""),
    faults: ({ path }) => (path.endsWith(".py") || /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(basename(path)) ? [] : ["not kebab-case"]),
  },
  {
    name: "no empty words in names",
    planted: plant("src/kit/planted.ts", `export class TimerManager {}`),
    faults: (file) =>
      [...file.path.split("/"), ...topLevelNames(file)].flatMap((name) => {
        const banned = wordsOf(name).find((word) => bannedWords.has(word));
        return banned === undefined ? [] : [`${name} says “${banned}”`];
      }),
  },
  {
    name: "named exports only",
    planted: plant("src/kit/planted.ts", "export default 1;"),
    faults: (file) => nodesOf(file, ["ExportDefaultDeclaration"]),
  },
  {
    name: "barrels only as a service's index.ts",
    planted: plant("src/kit/planted.ts", `export * from "./clock.ts";`),
    faults: (file) => nodesOf(file, ["ExportAllDeclaration"]),
  },
  {
    name: "no enums, namespaces, decorators or parameter properties",
    planted: plant("src/kit/planted.ts", "export enum Colour { Red }"),
    faults: (file) => nodesOf(file, ["TSEnumDeclaration", "TSModuleDeclaration", "Decorator", "TSParameterProperty"]),
  },
  {
    name: "time, chance and settings are handed in",
    planted: plant("src/wire/planted.ts", "export const now = new Date();"),
    faults: (file) => (hasOwnWorld(file.path) ? [] : worldlyReads(file)),
  },
  {
    name: "what imports node:http does so by way of #kit/node-http.ts, which says why",
    planted: plant("src/gateway/planted.ts", `import { createServer } from "node:http";`),
    faults: ({ path, text }) =>
      path.startsWith("src/") && !isTest(path) && /^import (?!type )[^;]*from "node:http";/m.test(text) ? ["imports node:http itself"] : [],
  },
  {
    name: "a folder's chief file opens with a paragraph",
    planted: plant("src/services/planted/index.ts", "export const planted = 1;"),
    faults: ({ path, text }) => {
      const isChief = chiefFiles.has(path.slice("src/".length)) || /^src\/services\/[^/]+\/index\.ts$/.test(path);
      const opening = /^(?:import [^;]*;\n|\s)*\/\*\*(.*?)\*\//s.exec(text)?.[1] ?? "";
      return isChief && opening.length < shortestParagraph ? ["no opening paragraph"] : [];
    },
  },
];

/** `src/services/sts/index.ts` → `service`, files of src itself → `main`, `tools/check.ts` → `tools`. */
function layerOf(path: string): string {
  const [top, second, third] = path.split("/") as [string, string, string | undefined];
  if (top !== "src") return top;
  if (second === "services") return third === "index.ts" ? "services" : "service";
  if (path === "src/config.ts") return "config";
  return third === undefined ? "main" : second;
}

/** The folder within which imports are relative: a layer, one service, or everything outside of src. */
function layerFolder(path: string): string {
  const depth = path.startsWith("src/services/") ? 3 : path.startsWith("src/") ? 2 : 1;
  return path.split("/").slice(0, depth).join("/");
}

/** main.ts and its neighbours, and the list of services, lie between the layers. */
const isComposition = (path: string): boolean => ["main", "config", "services"].includes(layerOf(path));

function allowed(from: string, to: string): boolean {
  if (layerFolder(from) === layerFolder(to)) return true;
  if (isTest(from) && to.startsWith("test/")) return true;
  if (from.startsWith(lambdaPort.from) && to === lambdaPort.to) return true;
  return mayImport[layerOf(from)]?.includes(layerOf(to)) ?? true;
}

function longFunctions(file: SourceFile): string[] {
  const faults: string[] = [];
  const containers = new Set<object>();
  const measure = (node: { start: number; end: number }): void => {
    const first = lineAt(file.text, node.start);
    const lines = lineAt(file.text, node.end) - first + 1;
    if (lines > maximumFunctionLines && !containers.has(node)) faults.push(`the function on line ${first} has ${lines} lines`);
  };
  file.visit({
    // The callback of `describe` is a list of tests, not a function to understand.
    CallExpression({ callee, arguments: args }) {
      if (callee.type === "Identifier" && ["describe", "suite"].includes(callee.name))
        for (const argument of args) containers.add(argument);
    },
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  });
  return faults;
}

const wordsOf = (name: string): string[] =>
  name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).map((word) => word.toLowerCase().replace(/(?<=[lrt])s$/, ""));

function nodesOf(
  file: SourceFile,
  types: ReadonlyArray<
    "ExportDefaultDeclaration" | "ExportAllDeclaration" | "TSEnumDeclaration" | "TSModuleDeclaration" | "Decorator" | "TSParameterProperty"
  >,
): string[] {
  const faults: string[] = [];
  const note = (node: { type: string; start: number }): void => void faults.push(`${node.type} on line ${lineAt(file.text, node.start)}`);
  file.visit(Object.fromEntries(types.map((type) => [type, note])));
  return faults;
}

/** kit and config are the world's doors, main.ts hands their keys out, tests of processes and whatever is not the product live in it. */
const hasOwnWorld = (path: string): boolean =>
  !path.startsWith("src/") || path.startsWith("src/kit/") || /^src\/(main|config)\.ts$/.test(path) || path.endsWith(".process.test.ts");

function worldlyReads(file: SourceFile): string[] {
  const worldly = new Set(["Date.now", "Math.random", "process.env"]);
  const faults: string[] = [];
  file.visit({
    MemberExpression({ object, property, start }) {
      const name = object.type === "Identifier" && property.type === "Identifier" ? `${object.name}.${property.name}` : "";
      if (worldly.has(name)) faults.push(`${name} on line ${lineAt(file.text, start)}`);
    },
    NewExpression({ callee, arguments: args, start }) {
      if (callee.type === "Identifier" && callee.name === "Date" && args.length === 0)
        faults.push(`new Date() on line ${lineAt(file.text, start)}`);
    },
  });
  return faults;
}
