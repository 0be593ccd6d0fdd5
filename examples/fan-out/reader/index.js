const { SQS } = require("@aws-sdk/client-sqs");

const sqs = new SQS({});

/** Writes down who has seen which order. What a topic puts into a queue is wrapped in a notification. */
exports.handler = async ({ Records }) => {
  for (const { body } of Records) {
    const { id } = JSON.parse(JSON.parse(body).Message);
    await sqs.sendMessage({ QueueUrl: process.env.SEEN, MessageBody: `${process.env.READER} ${id}` });
  }
};
