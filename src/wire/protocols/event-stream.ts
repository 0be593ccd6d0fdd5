import { Readable } from "node:stream";
import { EventStreamMarshaller, EventStreamSerde } from "@smithy/core/event-streams";
import type { NormalizedSchema } from "@smithy/core/schema";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import type { JsonCodec } from "./json-codec.ts";

export const eventStreamContentType = "application/vnd.amazon.eventstream";

/**
 * The body of an answer that is a stream of events: frames of `application/vnd.amazon.eventstream`, one per event, as the output's
 * stream member yields them. `startsWithOutput`: RPC protocols send the other members first, as an `initial-response` event.
 */
export async function eventStreamBody(
  schema: NormalizedSchema,
  output: Record<string, unknown>,
  { codec, contentType, startsWithOutput }: { codec: JsonCodec; contentType: string; startsWithOutput: boolean },
): Promise<AsyncIterable<Uint8Array>> {
  const { [schema.getEventStreamMember()]: eventStream, ...others } = output;
  const serde = new EventStreamSerde({
    marshaller: new EventStreamMarshaller({ utf8Encoder: toUtf8, utf8Decoder: fromUtf8 }),
    serializer: new EventSerializer(codec),
    // Only clients send us bytes to read, and none of the served operations takes a stream of events.
    deserializer: undefined as never,
    defaultContentType: contentType.replace("x-amz-json-1.1", "json").replace("x-amz-json-1.0", "json"),
  });
  const body = (await serde.serializeEventStream({
    eventStream: eventStream as AsyncIterable<unknown>,
    requestSchema: schema,
    ...(startsWithOutput && { initialRequest: others, initialMessageType: "initial-response" }),
  })) as AsyncIterable<Uint8Array>;
  return Readable.from(body, { objectMode: true });
}

/** The codec in the form that the SDK's event stream code asks for. */
class EventSerializer {
  #bytes: Uint8Array = new Uint8Array();
  readonly #codec: JsonCodec;

  constructor(codec: JsonCodec) {
    this.#codec = codec;
  }

  setSerdeContext(): void {}

  write(schema: NormalizedSchema, value: unknown): void {
    // An event's payload that is bytes goes as it is.
    this.#bytes = schema.isBlobSchema() ? (value as Uint8Array) : fromUtf8(JSON.stringify(this.#codec.write(schema, value)));
  }

  flush(): Uint8Array {
    return this.#bytes;
  }
}
