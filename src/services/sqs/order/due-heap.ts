interface Item<T> {
  dueMs: number;
  value: T;
}

/** What is due first comes out first. A binary heap. */
export class DueHeap<T> {
  readonly #items: Array<Item<T>> = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): Item<T> | undefined {
    return this.#items[0];
  }

  push(dueMs: number, value: T): void {
    const items = this.#items;
    const item = { dueMs, value };
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (items[parent]!.dueMs <= dueMs) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): Item<T> | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.dueMs < items[child]!.dueMs) child++;
      if (items[child]!.dueMs >= last.dueMs) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
    return first;
  }
}
