const firstBytes = 1024;

/** Bytes gathered piece by piece, in memory that doubles: however small the pieces, it holds at most twice what came. */
export class GrowingBuffer {
  #memory: Buffer = Buffer.alloc(0);
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A view, valid until the next change. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#sizeBytes);
  }

  append(piece: Uint8Array): void {
    const neededBytes = this.#sizeBytes + piece.length;
    if (neededBytes > this.#memory.length) {
      const grown = Buffer.allocUnsafe(Math.max(neededBytes, this.#memory.length * 2, firstBytes));
      grown.set(this.bytes);
      this.#memory = grown;
    }
    this.#memory.set(piece, this.#sizeBytes);
    this.#sizeBytes = neededBytes;
  }

  /** Gives the bytes away and begins anew. */
  take(): Buffer {
    const taken = this.bytes;
    this.#memory = Buffer.alloc(0);
    this.#sizeBytes = 0;
    return taken;
  }
}
