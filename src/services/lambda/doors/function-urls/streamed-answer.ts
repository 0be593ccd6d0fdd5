import { BodyBroken, type HttpResponse } from "#wire/http.ts";
import type { StreamedInvocation } from "../../invoke-streaming.ts";
import { answerOf, BadAnswer, integrationType, isBodiless, parseMetadata } from "./url-answer.ts";

const delimiter = Buffer.alloc(8);
/** Ours: what has not ended by then are no headers that anybody would take. */
const maximumMetadataBytes = 256 * 1024;

/** The answer of a URL that streams, as soon as its head is known. Rejects with `BadAnswer`, also if the function failed before. */
export async function streamedAnswer({ contentType, chunks, outcome }: StreamedInvocation): Promise<HttpResponse> {
  if (contentType === undefined) {
    const { functionError, payload } = await outcome;
    if (functionError !== undefined) throw new BadAnswer("the function failed");
    // What was not streamed is the body, whatever it looks like.
    return { status: 200, headers: { "content-type": "application/json" }, body: payload };
  }
  const reader = chunks[Symbol.asyncIterator]();
  if (contentType !== integrationType) {
    return { status: 200, headers: { "content-type": contentType }, body: bodyOf(new Uint8Array(), reader, outcome) };
  }
  try {
    const { metadata, rest } = await readMetadata(reader);
    const head = parseMetadata(metadata);
    if (!isBodiless(head.status)) return { ...head, body: bodyOf(rest, reader, outcome) };
    await reader.return?.();
    return head;
  } catch (error) {
    await reader.return?.();
    throw error;
  }
}

/** The same of an answer that was gathered: what streams, and what does not. */
export function gatheredAnswer(payload: Uint8Array, contentType: string | undefined): HttpResponse {
  if (contentType === undefined || contentType === "application/json") return answerOf(payload);
  if (contentType !== integrationType) return { status: 200, headers: { "content-type": contentType }, body: payload };
  const bytes = Buffer.from(payload);
  const end = bytes.indexOf(delimiter);
  if (end < 0) throw new BadAnswer("the metadata has no end");
  const head = parseMetadata(bytes.subarray(0, end));
  return isBodiless(head.status) ? head : { ...head, body: bytes.subarray(end + delimiter.length) };
}

async function readMetadata(reader: AsyncIterator<Uint8Array>): Promise<{ metadata: Buffer; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  while (bytes.length <= maximumMetadataBytes) {
    const { value, done } = await reader.next();
    if (done) break;
    bytes = Buffer.concat([bytes, value]);
    const end = bytes.indexOf(delimiter);
    if (end >= 0) return { metadata: bytes.subarray(0, end), rest: bytes.subarray(end + delimiter.length) };
  }
  throw new BadAnswer("the metadata has no end");
}

/** A function that fails now breaks the answer off: there is no other way to tell the client. */
async function* bodyOf(
  first: Uint8Array,
  reader: AsyncIterator<Uint8Array>,
  outcome: StreamedInvocation["outcome"],
): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value;
    if ((await outcome).functionError !== undefined) throw new BodyBroken("the function failed in the middle of its answer");
  } finally {
    await reader.return?.();
  }
}
