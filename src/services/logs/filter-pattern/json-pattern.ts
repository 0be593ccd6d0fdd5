import { parseOperand, parseOperator } from "./comparison.ts";
import { parseExpression, type Test } from "./expression.ts";
import type { FilterPattern } from "./pattern.ts";
import { InvalidPattern, type Scanner } from "./scanner.ts";

/** AWS's page: wildcard selectors in a pattern. */
const maximumWildcards = 3;

type Step = { name: string } | { index: number } | "wildcard";

interface Selector {
  /** As written: `$.a.b[0]`. */
  text: string;
  steps: Step[];
}

/** `{ $.a.b[0] = "x*" && ($.n > 3 || $.e NOT EXISTS) }`, after the brace. Messages that are no JSON do not match. */
export function parseJsonPattern(scanner: Scanner): FilterPattern {
  const selectors: Selector[] = [];
  const test = parseExpression(scanner, () => parseCondition(scanner, selectors));
  scanner.expect("}");
  scanner.expectEnd();
  if (selectors.flatMap(({ steps }) => steps).filter((step) => step === "wildcard").length > maximumWildcards) throw new InvalidPattern();
  return {
    matches: (message) => {
      const document = parseDocument(message);
      return document !== undefined && test(document);
    },
    extract: (message) => {
      const document = parseDocument(message);
      return Object.fromEntries(
        selectors.flatMap(({ text, steps }) =>
          select(document, steps)
            .slice(0, 1)
            .map((value) => [text, textOf(value)]),
        ),
      );
    },
  };
}

function parseCondition(scanner: Scanner, selectors: Selector[]): Test<unknown> {
  const selector = parseSelector(scanner);
  selectors.push(selector);
  const some =
    (test: (value: unknown) => boolean): Test<unknown> =>
    (document) =>
      select(document, selector.steps).some(test);
  const operator = parseOperator(scanner);
  if (operator) {
    const test = parseOperand(scanner, operator);
    return some((value) => test(textOf(value)));
  }
  const words = scanner
    .match(/\s*(?:IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)\b/y)
    ?.trim()
    .split(/\s+/)
    .join(" ");
  switch (words) {
    case "IS NULL":
      return some((value) => value === null);
    case "IS TRUE":
      return some((value) => value === true);
    case "IS FALSE":
      return some((value) => value === false);
    case "NOT EXISTS":
      return (document) => select(document, selector.steps).length === 0;
    default:
      throw new InvalidPattern();
  }
}

function parseSelector(scanner: Scanner): Selector {
  scanner.skipSpace();
  const text = scanner.match(/\$(?:\.[\w:-]+|\.\*|\.?\[(?:\d+|\*|"[^"]*"|'[^']*')\])*/y);
  if (text === undefined) throw new InvalidPattern();
  const steps = [...text.matchAll(/\.([\w:-]+)|\.?\[(?:(\d+)|["']([^"']*)["']|\*)\]|\.\*/g)].map(([, name, index, quoted]): Step => {
    if (index !== undefined) return { index: Number(index) };
    const key = name ?? quoted;
    return key === undefined ? "wildcard" : { name: key };
  });
  return { text, steps };
}

/** The values at a selector: none if it leads nowhere, several if it has wildcards. */
function select(document: unknown, steps: readonly Step[]): unknown[] {
  return steps.reduce<unknown[]>((values, step) => values.flatMap((value) => children(value, step)), [document]);
}

function children(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === "wildcard") return Object.values(value);
  if ("index" in step) return Array.isArray(value) && step.index < value.length ? [value[step.index]] : [];
  return !Array.isArray(value) && Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function parseDocument(message: string): unknown {
  // Cheaper than an exception for each line that is plain text.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
