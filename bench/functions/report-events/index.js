const { createSocket } = require("node:dgram");

const socket = createSocket("udp4");
const [host, port] = process.env.SINK.split(":");
const send = (text) =>
  new Promise((resolve, reject) => socket.send(text, Number(port), host, (error) => (error ? reject(error) : resolve())));

/** Tells the benchmark how many records there were, and how long the first one was on its way, in milliseconds. */
exports.handler = async ({ Records }) => {
  const now = process.hrtime.bigint();
  await send(`${Records.length} ${Number(now - BigInt(Records[0].body.slice(0, 20))) / 1e6}`);
};

/** Takes its time, so that what is accepted meanwhile waits on disk. */
exports.slow = () => new Promise((resolve) => setTimeout(resolve, 800_000));
