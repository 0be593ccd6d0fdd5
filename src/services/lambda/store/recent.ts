/** What was read or written lately, by ARN, so that invoking reads no disk. The oldest makes room. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get(arn: string): Value | undefined {
    return this.#values.get(arn);
  }

  set(arn: string, value: Value): void {
    if (this.#values.size >= this.#maximum && !this.#values.has(arn)) this.#values.delete(this.#values.keys().next().value!);
    this.#values.set(arn, value);
  }

  delete(arn: string): void {
    this.#values.delete(arn);
  }

  deleteAll(prefix: string): void {
    for (const arn of this.#values.keys()) if (arn.startsWith(prefix)) this.#values.delete(arn);
  }
}
