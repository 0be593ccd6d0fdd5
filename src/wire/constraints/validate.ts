import { conditionsOf, isNull, notNull } from "./conditions.ts";
import { javaName, javaText } from "./java-text.ts";
import type { ServiceConstraints } from "./constraints.ts";

/** Bounds the answer: a small body can hold a hundred thousand empty structures, each of which lacks its required members. */
const maxViolations = 100;

const compiled = new WeakMap<ServiceConstraints, Checks>();

/**
 * The violations in an operation's input, in AWS's words, none if it is valid: `Value '0' at 'timeout' failed to satisfy constraint: …`.
 * The input's types must be right (protocols see to it); operations and members that the model lacks pass.
 */
export function validateInput(constraints: ServiceConstraints, operation: string, input: unknown): string[] {
  const found: string[] = [];
  const shapeName = constraints.operations[operation];
  if (isNull(shapeName)) return found;
  let checks = compiled.get(constraints);
  if (checks === undefined) compiled.set(constraints, (checks = new Checks(constraints)));
  checks.contentOf(shapeName)?.(input as never, "", found);
  return found;
}

/** The first required member that an operation's input lacks, as modelled. */
export function firstMissing(constraints: ServiceConstraints, operation: string, input: object): string | undefined {
  const shape = constraints.shapes[constraints.operations[operation] ?? ""];
  if (shape?.kind !== "structure") return undefined;
  return shape.required?.find((name) => isNull((input as Readonly<Record<string, unknown>>)[name]));
}

/** `2 validation errors detected: A; B`: the message of ValidationException, or of whatever code the service answers instead. */
export function validationMessage(violations: readonly string[]): string {
  const count = `${violations.length} validation ${violations.length === 1 ? "error" : "errors"}`;
  return `${count} detected: ${violations.join("; ")}`;
}

/** Adds to `found` what is wrong with a value that is not null; `path` as in messages: `tags.1.member`, empty at the root. */
type Check = (value: never, path: string, found: string[]) => void;

/** The checks of one service, each compiled at its first use; what is not constrained has none. */
class Checks {
  readonly #constraints: ServiceConstraints;
  readonly #contents = new Map<string, Check | undefined>();

  constructor(constraints: ServiceConstraints) {
    this.#constraints = constraints;
  }

  /** The check of what lies within a shape: the members of structures, however deep in lists and maps. */
  contentOf(shapeName: string): Check | undefined {
    const contents = this.#contents;
    if (!contents.has(shapeName)) {
      // A shape may contain itself: until its check exists, those within get one that looks it up when it runs.
      contents.set(shapeName, (value, path, found) => contents.get(shapeName)?.(value, path, found));
      contents.set(shapeName, this.#compile(shapeName));
    }
    return contents.get(shapeName);
  }

  #compile(shapeName: string): Check | undefined {
    const shape = this.#constraints.shapes[shapeName]!;
    switch (shape.kind) {
      case "structure": {
        const required = new Set(shape.required);
        const members = Object.entries(shape.members).flatMap(([name, member]) => this.#member(name, member, required.has(name)) ?? []);
        if (members.length === 0) return undefined;
        return (value, path, found) => {
          for (const check of members) check(value, path, found);
        };
      }
      case "list":
        return eachOf(this.contentOf(shape.item), (list: unknown[]) => list.map((item, index) => [index + 1, item]));
      case "map":
        return eachOf(this.contentOf(shape.value), Object.entries);
      default:
        return undefined;
    }
  }

  /** Takes the structure, so that the member's path is written only when it is needed. */
  #member(name: string, shapeName: string, isRequired: boolean): Check | undefined {
    const conditions = conditionsOf(this.#constraints, shapeName);
    const content = this.contentOf(shapeName);
    if (!isRequired && conditions.length === 0 && content === undefined) return undefined;
    const ownName = javaName(name);
    const pathWithin = (path: string): string => (path === "" ? ownName : `${path}.${ownName}`);
    return (structure: Readonly<Record<string, unknown>>, path, found) => {
      const value = structure[name];
      if (isNull(value)) {
        if (isRequired) found.push(this.#violation(shapeName, value, pathWithin(path), notNull));
        return;
      }
      for (const { text, holds } of conditions) {
        if (!holds(value as never)) found.push(this.#violation(shapeName, value, pathWithin(path), text));
      }
      content?.(value as never, pathWithin(path), found);
    };
  }

  #violation(shapeName: string, value: unknown, path: string, text: string): string {
    const isHidden = this.#constraints.hidesValues || (this.#constraints.shapes[shapeName]!.sensitive && !isNull(value));
    const shown = isHidden ? "" : isNull(value) ? " null" : ` '${javaText(this.#constraints, shapeName, value)}'`;
    return `Value${shown} at '${path}' failed to satisfy constraint: ${text}`;
  }
}

/** Items are found under `path.1.member`, values of maps under `path.key.member`. */
function eachOf<T>(check: Check | undefined, stepsOf: (container: T) => Array<[step: string | number, item: unknown]>): Check | undefined {
  if (check === undefined) return undefined;
  return (container: T, path, found) => {
    for (const [step, item] of stepsOf(container)) {
      if (found.length >= maxViolations) return;
      if (!isNull(item)) check(item as never, `${path}.${step}.member`, found);
    }
  };
}
