/** All bodies that are being received at one moment, in bytes. */
const maximumBytes = 512 * 1024 * 1024;

/**
 * The memory that unfinished bodies take, fairly shared: nobody may have more of it than is left for others. So one sender gets half at most, two get a
 * third each, and there is always room for one more.
 */
export class BodiesInFlight {
  readonly #maximumBytes: number;
  readonly #ofOwner = new Map<string, number>();
  #bytes = 0;

  constructor(maximum = maximumBytes) {
    this.#maximumBytes = maximum;
  }

  /** False, and nothing is counted, if these bytes are more than the owner's share. */
  take(owner: string, bytes: number): boolean {
    const own = (this.#ofOwner.get(owner) ?? 0) + bytes;
    if (own > this.#maximumBytes - this.#bytes - bytes) return false;
    this.#ofOwner.set(owner, own);
    this.#bytes += bytes;
    return true;
  }

  release(owner: string, bytes: number): void {
    const left = (this.#ofOwner.get(owner) ?? 0) - bytes;
    if (left > 0) this.#ofOwner.set(owner, left);
    else this.#ofOwner.delete(owner);
    this.#bytes -= bytes;
  }
}
