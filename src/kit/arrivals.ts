import { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * Calls `take` with whatever a stream receives while it flows, as a listener of `data` would be called, and gives a function that ends it. A socket
 * pushes what it has read into its queue; while nothing waits there and nobody has paused it, `take` is called in place of that: to look after a queue
 * that is empty costs a turn of process.nextTick and as much as all else that happens between the read and the listener. In every other case
 * the chunk goes the usual way. Other streams push only when they are asked for more, which is the queue's to do.
 */
export function onArrival(stream: Readable, take: (chunk: Buffer) => void): () => void {
  stream.on("data", take);
  if (!(stream instanceof Socket)) return () => void stream.off("data", take);
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    const isNext = stream.readableFlowing === true && stream.readableLength === 0;
    if (!isNext || !(chunk instanceof Buffer)) return push(chunk, encoding);
    take(chunk);
    return true;
  };
  return () => {
    stream.off("data", take);
    stream.push = push;
  };
}
