import { closeSync } from "node:fs";

/** <sys/socket.h> */
const addressFamilyUnix = 1;
const socketTypes = { stream: 1, messages: 5 };
const closesOnExec = 0o2000000;
const socketLevel = 1;
const sendBufferForce = 32;
const rights = 1;
const doesNotWait = 0x40;
const noSignal = 0x4000;

/** A message waits here until the other side takes it, in the kernel's own units. */
const sendBufferBytes = 4 * 1024 * 1024;

const descriptorBytes = 4;
const controlHeaderBytes = 16;
const headerBytes = 56;
const vectorBytes = 16;

interface SocketCalls {
  socketpair(family: number, type: number, protocol: number, ends: Buffer): number;
  setsockopt(descriptor: number, level: number, option: number, value: Buffer, sizeBytes: number): number;
  sendmsg(descriptor: number, header: Buffer, flags: number): bigint;
}

/** Sockets of unix in pairs, and messages that carry descriptors: Node passes them to children that it starts, but not to a process that runs. */
export class DescriptorPassing {
  #calls: SocketCalls;
  #address: (bytes: Buffer) => bigint;

  private constructor(calls: SocketCalls, address: (bytes: Buffer) => bigint) {
    this.#calls = calls;
    this.#address = address;
  }

  /** Undefined where Node lacks the calls. */
  static async open(): Promise<DescriptorPassing | undefined> {
    try {
      const { dlopen, getRawPointer } = await import("node:ffi");
      const { functions } = dlopen("libc.so.6", {
        socketpair: { arguments: ["i32", "i32", "i32", "buffer"], return: "i32" },
        setsockopt: { arguments: ["i32", "i32", "i32", "buffer", "u32"], return: "i32" },
        sendmsg: { arguments: ["i32", "buffer", "i32"], return: "i64" },
      });
      return new DescriptorPassing(functions, getRawPointer);
    } catch {
      return undefined;
    }
  }

  /** Descriptors of two sockets that are connected. Whoever gets one closes it. */
  pair(type: keyof typeof socketTypes): [ours: number, theirs: number] {
    const ends = Buffer.alloc(2 * descriptorBytes);
    if (this.#calls.socketpair(addressFamilyUnix, socketTypes[type] | closesOnExec, 0, ends) !== 0) throw new Error("socketpair failed");
    const [ours, theirs] = [ends.readInt32LE(0), ends.readInt32LE(descriptorBytes)];
    if (type === "messages") {
      const size = Buffer.alloc(4);
      size.writeInt32LE(sendBufferBytes);
      // Where that is refused large messages are, too.
      this.#calls.setsockopt(ours, socketLevel, sendBufferForce, size, size.length);
    }
    return [ours, theirs];
  }

  /** Never waits. Throws if the message cannot be taken now: the other side is gone, or has too many before it. */
  send(socket: number, bytes: Buffer, descriptors: readonly number[]): void {
    const control = Buffer.alloc(controlHeaderBytes + Math.ceil((descriptors.length * descriptorBytes) / 8) * 8);
    control.writeBigUInt64LE(BigInt(controlHeaderBytes + descriptors.length * descriptorBytes), 0);
    control.writeInt32LE(socketLevel, 8);
    control.writeInt32LE(rights, 12);
    descriptors.forEach((descriptor, at) => control.writeInt32LE(descriptor, controlHeaderBytes + at * descriptorBytes));
    const vector = Buffer.alloc(vectorBytes);
    vector.writeBigUInt64LE(this.#address(bytes), 0);
    vector.writeBigUInt64LE(BigInt(bytes.length), 8);
    // struct msghdr of 64-bit machines.
    const header = Buffer.alloc(headerBytes);
    header.writeBigUInt64LE(this.#address(vector), 16);
    header.writeBigUInt64LE(1n, 24);
    if (descriptors.length > 0) {
      header.writeBigUInt64LE(this.#address(control), 32);
      header.writeBigUInt64LE(BigInt(control.length), 40);
    }
    if (this.#calls.sendmsg(socket, header, doesNotWait | noSignal) !== BigInt(bytes.length)) throw new Error("sendmsg failed");
  }
}

/** Closes what could be made before something failed. */
export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}
