const downloadLimitMs = 2 * 60 * 1000;

/** A Maven repository. A user and a password may stand in its URL; nobody gets to see them. */
export class MavenRepository {
  /** Ends with a slash. */
  readonly url: string;
  #headers: Record<string, string>;

  constructor(url: string) {
    const parsed = new URL(url);
    const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
    this.#headers = parsed.username === "" ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
    parsed.username = "";
    parsed.password = "";
    this.url = parsed.href;
  }

  /** Rejects when there is more than that many bytes. */
  async download(path: string, sizeBytes: number): Promise<Buffer> {
    const response = await fetch(this.url + path, { headers: this.#headers, signal: AbortSignal.timeout(downloadLimitMs) });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const chunks: Uint8Array[] = [];
    let receivedBytes = 0;
    for await (const chunk of response.body) {
      receivedBytes += chunk.length;
      if (receivedBytes > sizeBytes) throw new Error(`more than ${sizeBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}
