// A Hono application with its adapter for Lambda; the request's own event is at hand too.
const { Hono } = require("hono");
const { handle } = require("hono/aws-lambda");
const { setCookie } = require("hono/cookie");

const app = new Hono();

app.get("/orders/:id", (context) => {
  setCookie(context, "seen", context.req.param("id"));
  return context.json({ id: context.req.param("id"), query: context.req.query(), requestId: context.env.event.requestContext.requestId });
});
app.post("/orders", async (context) => context.json({ id: 7, ...(await context.req.json()) }, 201, { location: "/orders/7" }));

exports.handler = handle(app);
