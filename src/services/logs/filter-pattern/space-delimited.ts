import { parseOperand, parseOperator } from "./comparison.ts";
import { parseExpression, type Test } from "./expression.ts";
import type { FilterPattern } from "./pattern.ts";
import { InvalidPattern, type Scanner } from "./scanner.ts";

interface Field {
  name: string;
  test: Test<string>;
}

/** `[ip, user, ..., status=4* || status=5*, size>1000]`, after the bracket: one condition for each field of a line. */
export function parseSpaceDelimited(scanner: Scanner): FilterPattern {
  const before: Field[] = [];
  let after: Field[] | undefined;
  do {
    if (!scanner.take("...")) (after ?? before).push(parseField(scanner));
    else if (after === undefined) after = [];
    else throw new InvalidPattern();
  } while (scanner.take(","));
  scanner.expect("]");
  scanner.expectEnd();

  const tail = after ?? [];
  const named = before.length + tail.length;
  return {
    matches(message) {
      const values = splitFields(message);
      if (after === undefined ? values.length !== named : values.length < named) return false;
      const tailStart = values.length - tail.length;
      return before.every(({ test }, index) => test(values[index]!)) && tail.every(({ test }, index) => test(values[tailStart + index]!));
    },
    extract(message) {
      const values = splitFields(message);
      const tailStart = values.length - tail.length;
      return Object.fromEntries(values.map((value, index) => [`$${(before[index] ?? tail[index - tailStart])?.name ?? index + 1}`, value]));
    },
  };
}

function parseField(scanner: Scanner): Field {
  let name: string | undefined;
  const test = parseExpression<string>(scanner, () => {
    scanner.skipSpace();
    const own = scanner.match(/[\w-]+/y);
    if (own === undefined || (name !== undefined && own !== name)) throw new InvalidPattern();
    name = own;
    const operator = parseOperator(scanner);
    return operator ? parseOperand(scanner, operator) : () => true;
  });
  return { name: name!, test };
}

/** A line's fields are divided by white space; `[…]` and `"…"` hold a field together and do not belong to it. */
const splitFields = (message: string): string[] =>
  [...message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map(([, bracketed, quoted, plain]) => bracketed ?? quoted ?? plain!);
