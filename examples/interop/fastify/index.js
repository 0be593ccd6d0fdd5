// A Fastify application behind @fastify/aws-lambda, with validation by schema.
const awsLambdaFastify = require("@fastify/aws-lambda");
const { fastify } = require("fastify");

const app = fastify();

app.get("/orders/:id", (request) => ({ id: request.params.id, query: request.query, agent: request.headers["user-agent"] }));

const order = { type: "object", required: ["item"], properties: { item: { type: "string" } } };
app.post("/orders", { schema: { body: order } }, async (request, reply) => {
  reply.code(201).header("location", "/orders/7");
  return { id: 7, item: request.body.item };
});

exports.handler = awsLambdaFastify(app);
