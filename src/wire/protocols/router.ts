/** URI templates of a REST service (`/2015-03-31/functions/{FunctionName}/code`) → which operation a request is for. */
import type { LoadedModel, OperationModel } from "../model.ts";

interface Candidate {
  operation: OperationModel;
  pattern: RegExp;
  /** Names of the labels, in the order of the pattern's groups. */
  labelNames: string[];
  /** Fixed query parameters that belong to the route: `?find=LayerVersion`. */
  fixed: Array<[name: string, value: string]>;
  literalLength: number;
}

export interface Match {
  operation: OperationModel;
  labels: Record<string, string>;
}

export class Router {
  /** By method and first literal segment, so that a request is tried against a handful of patterns. */
  readonly #candidates = new Map<string, Candidate[]>();

  constructor(model: LoadedModel) {
    for (const operation of model.operations.values()) {
      if (operation.http === undefined) continue;
      const { method, uri } = operation.http;
      const [path = "", query = ""] = uri.split("?");
      const key = bucket(method, path);
      const bucketed = this.#candidates.get(key) ?? [];
      this.#candidates.set(key, bucketed);
      bucketed.push({
        operation,
        pattern: compileTemplate(path),
        labelNames: [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name!),
        fixed: [...new URLSearchParams(query)],
        literalLength: path.replaceAll(/\{.*?\}/g, "").length,
      });
    }
    for (const bucketed of this.#candidates.values()) {
      bucketed.sort((a, b) => b.fixed.length - a.fixed.length || b.literalLength - a.literalLength);
    }
  }

  /** Undefined when nothing matches. Throws URIError for malformed percent-escapes. */
  match(method: string, path: string, query: string): Match | undefined {
    for (const { operation, pattern, labelNames, fixed } of this.#candidates.get(bucket(method, path)) ?? []) {
      const found = pattern.exec(path);
      if (found === null || !hasAll(query, fixed)) continue;
      const labels: Record<string, string> = {};
      for (const [index, name] of labelNames.entries()) labels[name] = decodeURIComponent(found[index + 1]!);
      return { operation, labels };
    }
    return undefined;
  }
}

function hasAll(query: string, fixed: Candidate["fixed"]): boolean {
  if (fixed.length === 0) return true;
  const parameters = new URLSearchParams(query);
  return fixed.every(([name, value]) => parameters.get(name) === value);
}

/** Every template of the REST services served begins with a literal segment: a date, or a noun. */
const bucket = (method: string, path: string): string => `${method} ${path.slice(0, path.indexOf("/", 1) + 1 || undefined)}`;

/** `{Name}` is one segment, `{Name+}` the rest; a trailing slash is forgiven. */
function compileTemplate(path: string): RegExp {
  const source = path
    .replaceAll(/[.*?^$()[\]\\|]/g, "\\$&")
    .replaceAll(/\{\w+(\+?)\}/g, (_match, greedy: string) => (greedy ? "(.+)" : "([^/]+)"));
  return new RegExp(`^${source.replace(/\/$/, "")}/?$`);
}
