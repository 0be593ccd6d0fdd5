/** Waits for a frame, reads JSON, writes JSON, and waits again (forwarder.ts). */
import { readSync, writeSync } from "node:fs";

const descriptor = 3;
const input = Buffer.allocUnsafe(64 * 1024);

// An answer to nobody: it is ready.
writeSync(descriptor, Buffer.alloc(4));
for (;;) {
  let received = 0;
  while (received < 4 || received < 4 + input.readUInt32LE(0)) {
    const count = readSync(descriptor, input, received, input.length - received, null);
    if (count === 0) process.exit(0);
    received += count;
  }
  const text = JSON.stringify(await JSON.parse(input.utf8Slice(4, received)));
  const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.utf8Write(text, 4);
  writeSync(descriptor, frame);
}
