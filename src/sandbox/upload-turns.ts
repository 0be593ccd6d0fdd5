/** Of one environment: bodies that are on their way to the product, where each costs memory and descriptors until it is whole. */
export const maxUnfinishedBodies = 8;
export const maxUnfinishedBytes = 32 * 1024 * 1024;

interface Waiting {
  sizeBytes: number;
  begin: () => void;
}

/** Lets bodies begin in the order of their arrival, so many and so large at once; one that is larger goes alone. */
export class UploadTurns {
  #unfinished = { count: 0, sizeBytes: 0 };
  #waiting: Waiting[] = [];

  /** Resolves when a body of that size may begin, with what is to be called when it is over. */
  begin(sizeBytes: number): Promise<() => void> {
    const turn = new Promise<void>((begin) => this.#waiting.push({ sizeBytes, begin }));
    this.#letBegin();
    let isOver = false;
    return turn.then(() => () => {
      if (isOver) return;
      isOver = true;
      this.#unfinished.count--;
      this.#unfinished.sizeBytes -= sizeBytes;
      this.#letBegin();
    });
  }

  #letBegin(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoomFor(next.sizeBytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#unfinished.count++;
      this.#unfinished.sizeBytes += next.sizeBytes;
      next.begin();
    }
  }

  #hasRoomFor(moreBytes: number): boolean {
    const { count, sizeBytes } = this.#unfinished;
    return count === 0 || (count < maxUnfinishedBodies && sizeBytes + moreBytes <= maxUnfinishedBytes);
  }
}
