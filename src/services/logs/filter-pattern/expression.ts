import type { Scanner } from "./scanner.ts";

export type Test<Subject> = (subject: Subject) => boolean;

/** `a && (b || c)`, with `&&` before `||`; `parseLeaf` reads what stands between. */
export function parseExpression<Subject>(scanner: Scanner, parseLeaf: (scanner: Scanner) => Test<Subject>): Test<Subject> {
  const parseOperand = (): Test<Subject> => {
    if (!scanner.take("(")) return parseLeaf(scanner);
    const inner = parseAny();
    scanner.expect(")");
    return inner;
  };
  const parseAll = (): Test<Subject> => {
    const tests = [parseOperand()];
    while (scanner.take("&&")) tests.push(parseOperand());
    return (subject) => tests.every((test) => test(subject));
  };
  const parseAny = (): Test<Subject> => {
    const tests = [parseAll()];
    while (scanner.take("||")) tests.push(parseAll());
    return (subject) => tests.some((test) => test(subject));
  };
  return parseAny();
}
