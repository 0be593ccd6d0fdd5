import type { FilterPattern } from "./pattern.ts";
import { InvalidPattern, type Scanner } from "./scanner.ts";

type Test = (message: string) => boolean;

/** `ERROR "out of memory" -debug ?this ?that %regex%`: texts that a message must contain, must not, or may. Case matters. */
export function parseTerms(scanner: Scanner): FilterPattern {
  const required: Test[] = [];
  const optional: Test[] = [];
  const excluded: Test[] = [];
  while (!scanner.isAtEnd) {
    const group = scanner.take("?") ? optional : scanner.take("-") ? excluded : required;
    group.push(parseTerm(scanner));
  }
  const isChoice = required.length === 0 && excluded.length === 0 && optional.length > 0;
  return {
    // Beside other terms the optional ones say nothing: so says AWS's page.
    matches: isChoice
      ? (message) => optional.some((test) => test(message))
      : (message) => required.every((test) => test(message)) && !excluded.some((test) => test(message)),
    extract: () => ({}),
  };
}

function parseTerm(scanner: Scanner): Test {
  const regex = scanner.regex();
  if (regex) return regex;
  const text = scanner.quoted() ?? parseWord(scanner);
  return (message) => message.includes(text);
}

/** Only letters, digits and underscores go without quotes. */
function parseWord(scanner: Scanner): string {
  const word = scanner.match(/[^\s"]+/y);
  if (word === undefined) throw new InvalidPattern();
  if (/[^\p{L}\p{N}_]/u.test(word)) throw new InvalidPattern(`Invalid character(s) in term '${word}'`);
  return word;
}
