/** What a name server must know of a query without being a resolver: https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export interface DnsQuery {
  id: number;
  /** In lower case, without a dot at the end. */
  name: string;
  type: number;
  /** Where the question ends. */
  endAt: number;
}

const headerBytes = 12;
const isResponse = 0x8000;
const operationMask = 0x7800;
const recursionDesired = 0x0100;
const recursionAvailable = 0x0080;
const longestLabel = 63;
const longestName = 253;
const typeA = 1;
const internetClass = 1;
/** A pointer to the name in the question. */
const nameOfQuestion = 0xc000 | headerBytes;

/** Undefined for what is no ordinary query with one question. */
export function parseQuery(message: Buffer): DnsQuery | undefined {
  if (message.length < headerBytes || message.readUInt16BE(2) & (isResponse | operationMask) || message.readUInt16BE(4) !== 1)
    return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const size = message[at++];
    if (size === undefined || size > longestLabel || at + size > message.length) return undefined;
    if (size === 0) break;
    labels.push(message.toString("latin1", at, at + size).toLowerCase());
    at += size;
  }
  const name = labels.join(".");
  if (name.length > longestName || at + 4 > message.length) return undefined;
  return { id: message.readUInt16BE(0), name, type: message.readUInt16BE(at), endAt: at + 4 };
}

/** Whether a message is the answer to the query. */
export const isAnswerTo = (query: Buffer, message: Buffer): boolean =>
  message.length >= headerBytes && message.readUInt16BE(0) === query.readUInt16BE(0) && (message.readUInt16BE(2) & isResponse) !== 0;

/** All names below `localhost` are this environment's own: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
export const isLocal = ({ name }: DnsQuery): boolean => name === "localhost" || name.endsWith(".localhost");

/** 127.0.0.1, and nothing for types other than A. */
export function answerLocal(query: Buffer, { type, endAt }: DnsQuery): Buffer {
  const answer = Buffer.alloc(type === typeA ? 16 : 0);
  if (type === typeA) {
    answer.writeUInt16BE(nameOfQuestion, 0);
    answer.writeUInt16BE(typeA, 2);
    answer.writeUInt16BE(internetClass, 4);
    answer.writeUInt16BE(4, 10);
    answer.set([127, 0, 0, 1], 12);
  }
  return reply(query, endAt, 0, answer);
}

/** https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1: server failure. */
export const serverFailure = (query: Buffer, { endAt }: DnsQuery): Buffer => reply(query, endAt, 2, Buffer.alloc(0));

function reply(query: Buffer, endAt: number, code: number, answer: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(isResponse | (query.readUInt16BE(2) & recursionDesired) | recursionAvailable | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answer.length > 0 ? 1 : 0, 6);
  return Buffer.concat([header, query.subarray(headerBytes, endAt), answer]);
}
