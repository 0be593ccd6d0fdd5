/** The image is broken, or not one that may be unpacked. */
export class ImageRejected extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageRejected";
  }
}
