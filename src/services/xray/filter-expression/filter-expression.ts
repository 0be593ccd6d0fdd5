/**
 * Filter expressions, by which GetTraceSummaries is asked for some of the traces: keywords with comparisons, `annotation[key]`,
 * `service("name") { … }`, `edge("from", "to") { … }`, AND, OR, `!` and parentheses. What AWS has besides (groups, root causes) is refused. Pure.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
import { invalidFilter, scan, type Token } from "./scanner.ts";
import { type Keyword, keywords, type Subject, unservedKeywords, type Value } from "./subject.ts";

export type Filter = (subject: Subject) => boolean;

/** Nesting beyond this is nobody's. */
const maxDepth = 32;

/** Throws InvalidRequestException. */
export function parseFilter(expression: string): Filter {
  const parser = new Parser(scan(expression));
  return parser.parse();
}

interface Identity {
  name?: string;
  type?: string;
}

const isWanted = ({ name, type }: Subject, wanted: Identity): boolean =>
  (wanted.name === undefined || name === wanted.name) && (wanted.type === undefined || type === wanted.type);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Filter {
    const filter = this.#either();
    if (this.#next.kind !== "end") throw this.#unexpected("AND, OR or the end");
    return filter;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end" };
  }

  #either(): Filter {
    if (++this.#depth > maxDepth) throw invalidFilter("it is nested too deep");
    const filters = [this.#both()];
    while (this.#takesWord("OR")) filters.push(this.#both());
    this.#depth--;
    return (subject) => filters.some((filter) => filter(subject));
  }

  #both(): Filter {
    const filters = [this.#condition()];
    while (this.#takesWord("AND")) filters.push(this.#condition());
    return (subject) => filters.every((filter) => filter(subject));
  }

  #condition(): Filter {
    if (this.#takesSign("!") || this.#takesWord("NOT")) {
      if (++this.#depth > maxDepth) throw invalidFilter("it is nested too deep");
      const filter = this.#condition();
      this.#depth--;
      return (subject) => !filter(subject);
    }
    if (this.#takesSign("(")) {
      const filter = this.#either();
      this.#expectSign(")");
      return filter;
    }
    const token = this.#next;
    if (token.kind !== "word") throw this.#unexpected("a keyword");
    this.#at++;
    const word = token.text;
    if (word.toLowerCase() === "service") return this.#service();
    if (word.toLowerCase() === "edge") return this.#edge();
    if (/^annotation(\.|$)/i.test(word)) return this.#annotation(word);
    if (unservedKeywords.includes(word.toLowerCase().split(".", 1)[0]!)) {
      throw invalidFilter(`"${word}" is not served here; docs/services/xray.md has a list of what is`);
    }
    if (!Object.hasOwn(keywords, word.toLowerCase())) throw invalidFilter(`there is no keyword "${word}"`);
    return this.#comparison(word.toLowerCase() as Keyword);
  }

  /** `service()`, `service("name")`, `service(id(name: "…", type: "…"))`, each with or without a filter in braces. */
  #service(): Filter {
    this.#expectSign("(");
    const wanted = this.#identity();
    this.#expectSign(")");
    const inside = this.#inside();
    return ({ services }) => services.some((service) => isWanted(service, wanted) && inside(service));
  }

  /** `edge("from", "to")`, likewise; what stands in the braces is about the call as the callee has it. */
  #edge(): Filter {
    this.#expectSign("(");
    const caller = this.#identity();
    this.#expectSign(",");
    const callee = this.#identity();
    this.#expectSign(")");
    const inside = this.#inside();
    return ({ edges }) => edges.some(({ from, to }) => isWanted(from, caller) && isWanted(to, callee) && inside(to));
  }

  #inside(): Filter {
    if (!this.#takesSign("{")) return () => true;
    const filter = this.#either();
    this.#expectSign("}");
    return filter;
  }

  #identity(): Identity {
    const token = this.#next;
    if (token.kind === "text") {
      this.#at++;
      return { name: token.text };
    }
    if (!this.#takesWord("id")) return {};
    this.#expectSign("(");
    const identity: Identity = {};
    do {
      const member = this.#next;
      if (member.kind !== "word" || (member.text !== "name" && member.text !== "type")) throw this.#unexpected('"name" or "type"');
      this.#at++;
      this.#expectSign(":");
      const value = this.#next;
      if (value.kind !== "text") throw this.#unexpected("a text in quotes");
      this.#at++;
      identity[member.text] = value.text;
    } while (this.#takesSign(","));
    this.#expectSign(")");
    return identity;
  }

  /** `annotation.key` or `annotation[key]`; without a comparison it asks whether there is one. */
  #annotation(word: string): Filter {
    let key = word.slice("annotation.".length);
    if (key === "") {
      this.#expectSign("[");
      const token = this.#next;
      if (token.kind !== "word" && token.kind !== "text") throw this.#unexpected("the key of an annotation");
      this.#at++;
      key = token.text;
      this.#expectSign("]");
    }
    const compare = this.#operator();
    if (compare === undefined) return (subject) => subject.annotation(key).length > 0;
    const value = this.#value();
    return (subject) => subject.annotation(key).some((each) => compare(each, value));
  }

  #comparison(keyword: Keyword): Filter {
    const kind = keywords[keyword];
    const compare = this.#operator();
    if (compare === undefined) {
      return kind === "boolean" ? (subject) => subject.values(keyword).includes(true) : (subject) => subject.values(keyword).length > 0;
    }
    const value = this.#value();
    if (typeof value !== (kind === "text" ? "string" : kind)) throw invalidFilter(`"${keyword}" is compared with a ${kind}`);
    return (subject) => subject.values(keyword).some((each) => compare(each, value));
  }

  #operator(): ((one: Value, other: Value) => boolean) | undefined {
    const token = this.#next;
    const name = token.kind === "sign" ? token.text : token.kind === "word" ? token.text.toUpperCase() : "";
    if (!Object.hasOwn(operators, name)) return undefined;
    this.#at++;
    return operators[name];
  }

  #value(): Value {
    const token = this.#next;
    this.#at++;
    if (token.kind === "text") return token.text;
    if (token.kind === "number") return token.value;
    if (token.kind === "word" && /^(true|false)$/i.test(token.text)) return token.text.toLowerCase() === "true";
    this.#at--;
    throw this.#unexpected("a value");
  }

  #takesWord(word: string): boolean {
    const token = this.#next;
    const isIt = token.kind === "word" && token.text.toUpperCase() === word.toUpperCase();
    if (isIt) this.#at++;
    return isIt;
  }

  #takesSign(sign: string): boolean {
    const token = this.#next;
    const isIt = token.kind === "sign" && token.text === sign;
    if (isIt) this.#at++;
    return isIt;
  }

  #expectSign(sign: string): void {
    if (!this.#takesSign(sign)) throw this.#unexpected(`"${sign}"`);
  }

  #unexpected(wanted: string): Error {
    const token = this.#next;
    const found = token.kind === "end" ? "the end" : `"${token.kind === "number" ? token.value : token.text}"`;
    return invalidFilter(`${wanted} is expected where ${found} stands`);
  }
}

const ordered =
  (isRight: (difference: number) => boolean) =>
  (one: Value, other: Value): boolean => {
    if (typeof one !== typeof other) return false;
    return isRight(one === other ? 0 : one < other ? -1 : 1);
  };

const ofTexts =
  (test: (one: string, other: string) => boolean) =>
  (one: Value, other: Value): boolean =>
    typeof one === "string" && typeof other === "string" && test(one, other);

const operators: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  "=": (one, other) => one === other,
  "!=": (one, other) => one !== other,
  "<": ordered((difference) => difference < 0),
  "<=": ordered((difference) => difference <= 0),
  ">": ordered((difference) => difference > 0),
  ">=": ordered((difference) => difference >= 0),
  BEGINSWITH: ofTexts((one, other) => one.startsWith(other)),
  ENDSWITH: ofTexts((one, other) => one.endsWith(other)),
  CONTAINS: ofTexts((one, other) => one.includes(other)),
};
