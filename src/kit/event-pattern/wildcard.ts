import { InvalidEventPattern } from "./invalid-event-pattern.ts";

/** `*` stands for any characters, none included; `\*` and `\\` are the characters themselves. Takes time linear in the value's length. */
export function compileWildcard(pattern: string): (value: string) => boolean {
  const [head = "", ...rest] = literalsOf(pattern);
  const tail = rest.pop();
  if (tail === undefined) return (value) => value === head;
  return (value) => {
    if (value.length < head.length + tail.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
    const end = value.length - tail.length;
    let position = head.length;
    // The leftmost place is as good as any: what follows has the more room.
    for (const literal of rest) {
      const found = value.indexOf(literal, position);
      if (found === -1 || found + literal.length > end) return false;
      position = found + literal.length;
    }
    return true;
  };
}

/** The texts between the wildcards: `a*b` gives `a` and `b`, `*` two empty ones. */
function literalsOf(pattern: string): string[] {
  const literals = [""];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "*") {
      if (pattern[at + 1] === "*") throw new InvalidEventPattern(`Consecutive wildcard characters at pos ${at}`);
      literals.push("");
      continue;
    }
    const isEscape = character === "\\";
    const literal = isEscape ? pattern[++at] : character;
    if (literal === undefined || (isEscape && !"*\\".includes(literal)))
      throw new InvalidEventPattern(`Invalid escape character at pos ${at}`);
    literals[literals.length - 1] += literal;
  }
  return literals;
}
