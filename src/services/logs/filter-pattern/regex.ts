/**
 * AWS's subset of regular expressions: no groups, so an expression is a choice of sequences of characters, each with a quantifier. It is
 * run as a set of positions that advance together: time grows with the length of the text only, whatever the expression.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
 */
interface Step {
  accepts(code: number): boolean;
  /** The step may be passed over. */
  isOptional: boolean;
  /** The step may match again. */
  repeats: boolean;
}

interface Sequence {
  steps: Step[];
  startsAtStart: boolean;
  endsAtEnd: boolean;
}

/** Bounds the work per character of text: `{m,n}` is written out. */
const maximumSteps = 256;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean => isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
const not =
  (accepts: Step["accepts"]): Step["accepts"] =>
  (code) =>
    !accepts(code);

const classes: Readonly<Record<string, Step["accepts"]>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

/** The test that an expression stands for; undefined if it is not in the subset. */
export function compileRegex(source: string): ((text: string) => boolean) | undefined {
  try {
    const sequences = splitChoices(source).map(parseSequence);
    if (sequences.reduce((sum, { steps }) => sum + steps.length, 0) > maximumSteps) return undefined;
    return (text) => sequences.some((sequence) => finds(sequence, text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function finds({ steps, startsAtStart, endsAtEnd }: Sequence, text: string): boolean {
  // Position `steps.length` is the end of the sequence. `enteredAt` keeps a position from being listed twice.
  const enteredAt = new Int32Array(steps.length + 1).fill(-1);
  let active: number[] = [];
  let next: number[] = [];
  const enter = (positions: number[], from: number, at: number): void => {
    for (let position = from; enteredAt[position] !== at; position++) {
      enteredAt[position] = at;
      positions.push(position);
      if (steps[position]?.isOptional !== true) return;
    }
  };
  for (let at = 0; ; at++) {
    if (at === 0 || !startsAtStart) enter(active, 0, at);
    if (enteredAt[steps.length] === at && (!endsAtEnd || at === text.length)) return true;
    if (at === text.length || active.length === 0) return false;
    const code = text.charCodeAt(at);
    for (const position of active) {
      const step = steps[position];
      if (step?.accepts(code) !== true) continue;
      if (step.repeats) enter(next, position, at + 1);
      enter(next, position + 1, at + 1);
    }
    [active, next] = [next, active];
    next.length = 0;
  }
}

/** At each `|` that is neither escaped nor in a character class. */
function splitChoices(source: string): string[] {
  const pieces = source.match(/\\.|\[(?:\\.|[^\]\\])*\]|[^|]|\|/gs) ?? [];
  const choices = [""];
  for (const piece of pieces) {
    if (piece === "|") choices.push("");
    else choices[choices.length - 1] += piece;
  }
  return choices;
}

const atom = /\\x[\dA-Fa-f]{2}|\\[^\sA-Za-z0-9]|\\[dDwWsS]|\[\^?(?:\\.|[^\]\\])+\]|\.|[A-Za-z0-9_#=@/;,:-]/y;
const quantifier = /[?*+]|\{(\d+)(,?)(\d*)\}/y;

function parseSequence(source: string): Sequence {
  const startsAtStart = source.startsWith("^");
  const endsAtEnd = /(?<!\\)(?:\\\\)*\$$/.test(source);
  const body = source.slice(startsAtStart ? 1 : 0, endsAtEnd ? -1 : undefined);
  const steps: Step[] = [];
  for (let at = 0; at < body.length;) {
    atom.lastIndex = at;
    const [piece] = atom.exec(body) ?? [];
    if (piece === undefined) throw new SyntaxError(`nothing that is supported at ${at}`);
    quantifier.lastIndex = at + piece.length;
    const counted = quantifier.exec(body);
    at += piece.length + (counted?.[0].length ?? 0);
    steps.push(...repeat(acceptanceOf(piece), counted));
  }
  if (steps.length === 0 && !startsAtStart && !endsAtEnd) throw new SyntaxError("empty");
  return { steps, startsAtStart, endsAtEnd };
}

function repeat(accepts: Step["accepts"], counted: RegExpExecArray | null): Step[] {
  const once: Step = { accepts, isOptional: false, repeats: false };
  const maybe: Step = { accepts, isOptional: true, repeats: false };
  const anyTimes: Step = { accepts, isOptional: true, repeats: true };
  if (counted === null) return [once];
  const [text, minimum, comma, maximum] = counted;
  if (text === "?") return [maybe];
  if (text === "*") return [anyTimes];
  if (text === "+") return [once, anyTimes];
  const least = Number(minimum);
  const most = comma === "" ? least : maximum === "" ? least : Number(maximum);
  if (most < least || most > maximumSteps) throw new SyntaxError(`${text} cannot be`);
  const required = Array.from({ length: least }, () => once);
  return comma !== "" && maximum === "" ? [...required, anyTimes] : [...required, ...Array.from({ length: most - least }, () => maybe)];
}

function acceptanceOf(piece: string): Step["accepts"] {
  if (piece === ".") return (code) => code !== 10;
  if (piece.startsWith("[")) return classOf(piece.slice(1, -1));
  return escapeOf(piece) ?? equals(piece.charCodeAt(0));
}

const equals =
  (wanted: number): Step["accepts"] =>
  (code) =>
    code === wanted;

function escapeOf(piece: string): Step["accepts"] | undefined {
  if (!piece.startsWith("\\")) return undefined;
  if (piece.startsWith("\\x")) return equals(Number.parseInt(piece.slice(2), 16));
  return classes[piece[1]!] ?? equals(piece.charCodeAt(1));
}

/** `a-f`, `\d`, single characters; `^` first turns the class around. */
function classOf(source: string): Step["accepts"] {
  const isNegated = source.startsWith("^");
  const members = [...source.slice(isNegated ? 1 : 0).matchAll(/(\\x[\dA-Fa-f]{2}|\\.)|([^\\])-([^\\])|([^\\])/gs)].map(
    ([, escaped, first, last, single]) => {
      if (escaped !== undefined) return escapeOf(escaped)!;
      if (single !== undefined) return equals(single.charCodeAt(0));
      const [low, high] = [first!.charCodeAt(0), last!.charCodeAt(0)];
      if (low > high) throw new SyntaxError(`${first}-${last} is no range`);
      return (code: number) => code >= low && code <= high;
    },
  );
  const accepts = (code: number): boolean => members.some((member) => member(code));
  return isNegated ? not(accepts) : accepts;
}
