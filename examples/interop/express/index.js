// An Express application behind serverless-http.
const express = require("express");
const serverless = require("serverless-http");

const app = express();
app.use(express.json());

app.get("/orders/:id", (request, response) => {
  response.cookie("seen", request.params.id).json({ id: request.params.id, query: request.query, agent: request.get("user-agent") });
});
app.post("/orders", (request, response) => {
  response
    .status(201)
    .location("/orders/7")
    .json({ id: 7, ...request.body });
});
app.get("/picture", (_request, response) => {
  response.type("png").send(Buffer.from([0x00, 0x01, 0x02, 0x7f]));
});

exports.handler = serverless(app, { binary: ["image/*"] });
