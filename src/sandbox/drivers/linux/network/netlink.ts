import { closeSync, readSync, writeSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import type { SystemCalls } from "../system-calls.ts";

/**
 * Netlink, by which the kernel is asked for interfaces, routes and packet filters: messages of a header and nested attributes, all of them in the
 * machine's byte order unless the family says otherwise. The kernel does what a message asks for before the write returns, so that nothing here
 * waits for anything.
 *
 * https://docs.kernel.org/userspace-api/netlink/intro.html
 */
export interface Message {
  type: number;
  flags?: number;
  /** The family's own header. */
  header: Buffer;
  attributes?: readonly Attribute[];
}

export type Attribute = readonly [type: number, value: Buffer | string | readonly Attribute[]];

export const netlinkFamily = { route: 0, netfilter: 12 };

/** Makes what is not there, and fails if it is. */
export const create = 0x400 | 0x200;
/** Makes what is not there. */
export const createOrKeep = 0x400;

const isRequest = 0x01;
/** An answer comes in any case, not only if something is wrong. */
const wantsAnswer = 0x04;
/** Tells that answer from others, which have none. */
const lastSequence = 1;
const dumps = 0x300;
const addressFamilyNetlink = 16;
/** SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK */
const rawSocket = 3 | 0o2000000 | 0o4000;
const messageHeaderBytes = 16;
const flagsAt = 6;
const sequenceAt = 8;
const attributeHeaderBytes = 4;
const isNested = 0x8000;
const errorType = 2;
const doneType = 3;
/** What arrives, of any socket: it has been read, or copied, before anything else is received. The kernel's own parts of a listing are smaller. */
const arrived = Buffer.alloc(64 * 1024);

export class NetlinkError extends Error {
  readonly code: string;

  constructor(what: string, errorNumber: number) {
    const code = getSystemErrorName(-errorNumber);
    super(`${what}: ${code}`);
    this.name = "NetlinkError";
    this.code = code;
  }
}

/** Of the network namespace in which this thread is when it is made. */
export class NetlinkSocket implements Disposable {
  #descriptor: number;
  #what: string;
  /** Packet filters answer nothing when all is well: that there is no more is seen by reading in vain, which costs more. */
  #answers: boolean;

  /** `what` names, in errors, what is being asked for. */
  constructor(calls: SystemCalls, family: number, what: string) {
    this.#descriptor = calls.socket(addressFamilyNetlink, rawSocket, family);
    this.#what = what;
    this.#answers = family === netlinkFamily.route;
    if (this.#descriptor < 0) throw new Error(`${what}: no socket could be had`);
  }

  /** All messages at once, encoded ones among them, in their order. Throws the first `NetlinkError` there was; later messages have been tried all the same. */
  send(messages: ReadonlyArray<Message | Buffer>): void {
    const encoded = messages.map((message) => (Buffer.isBuffer(message) ? message : encodeMessage(message)));
    const bytes = Buffer.concat(encoded);
    if (this.#answers) {
      const lastAt = bytes.length - (encoded.at(-1)?.length ?? 0);
      bytes.writeUInt16LE(bytes.readUInt16LE(lastAt + flagsAt) | wantsAnswer, lastAt + flagsAt);
      bytes.writeUInt32LE(lastSequence, lastAt + sequenceAt);
    }
    writeSync(this.#descriptor, bytes);
    let failed: NetlinkError | undefined;
    for (const { type, sequence, body } of this.#received()) {
      failed ??= this.#errorOf(type, body);
      if (sequence === lastSequence) break;
    }
    if (failed) throw failed;
  }

  /** What the kernel lists or answers: bodies of messages, each with the family's header before the attributes. */
  ask(message: Message, lists: boolean): Buffer[] {
    writeSync(this.#descriptor, encodeMessage({ ...message, flags: lists ? dumps : 0 }));
    const bodies: Buffer[] = [];
    for (const { type, body } of this.#received()) {
      const failed = this.#errorOf(type, body);
      if (failed) throw failed;
      if (type !== doneType && type !== errorType) bodies.push(Buffer.from(body));
    }
    return bodies;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  /** Until nothing is left. A body is good until the next one is asked for. */
  *#received(): Iterable<{ type: number; sequence: number; body: Buffer }> {
    for (;;) {
      let length: number;
      try {
        length = readSync(this.#descriptor, arrived);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return;
        throw error;
      }
      for (let at = 0; at + messageHeaderBytes <= length;) {
        const size = arrived.readUInt32LE(at);
        const [type, sequence] = [arrived.readUInt16LE(at + 4), arrived.readUInt32LE(at + sequenceAt)];
        yield { type, sequence, body: arrived.subarray(at + messageHeaderBytes, at + size) };
        at += aligned(Math.max(size, messageHeaderBytes));
      }
    }
  }

  #errorOf(type: number, body: Buffer): NetlinkError | undefined {
    const errorNumber = type === errorType ? -body.readInt32LE(0) : 0;
    return errorNumber === 0 ? undefined : new NetlinkError(this.#what, errorNumber);
  }
}

const aligned = (size: number): number => (size + 3) & ~3;

export function encodeMessage({ type, flags = 0, header, attributes = [] }: Message): Buffer {
  const body = Buffer.concat([header, encodeAttributes(attributes)]);
  const head = Buffer.alloc(messageHeaderBytes);
  head.writeUInt32LE(messageHeaderBytes + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags | isRequest, flagsAt);
  return Buffer.concat([head, body]);
}

export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.map(([type, value]) => {
      const isList = Array.isArray(value);
      const payload = isList ? encodeAttributes(value) : typeof value === "string" ? Buffer.from(`${value}\0`) : (value as Buffer);
      const bytes = Buffer.alloc(aligned(attributeHeaderBytes + payload.length));
      bytes.writeUInt16LE(attributeHeaderBytes + payload.length, 0);
      bytes.writeUInt16LE(isList ? type | isNested : type, 2);
      bytes.set(payload, attributeHeaderBytes);
      return bytes;
    }),
  );
}

/** The values of the outermost attributes. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + attributeHeaderBytes <= bytes.length;) {
    const size = bytes.readUInt16LE(at);
    if (size < attributeHeaderBytes) break;
    found.set(bytes.readUInt16LE(at + 2) & ~isNested, bytes.subarray(at + attributeHeaderBytes, at + size));
    at += aligned(size);
  }
  return found;
}

/** A string without the zero at its end. */
export const decodeText = (bytes: Buffer): string => bytes.toString("utf8").replace(/\0.*$/s, "");

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** In the network's byte order. */
export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
