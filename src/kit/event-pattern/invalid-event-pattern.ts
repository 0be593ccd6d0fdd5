/** A text is no event pattern; the message says why. */
export class InvalidEventPattern extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "InvalidEventPattern";
  }
}
