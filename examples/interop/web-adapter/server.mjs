// A web server that knows nothing of Lambda. The AWS Lambda Web Adapter turns a function's events into requests to it.
import { createServer } from "node:http";

createServer((request, response) => {
  let text = "";
  request.on("data", (chunk) => (text += chunk));
  request.on("end", () => {
    if (request.url === "/broken") response.statusCode = 500;
    response.setHeader("Set-Cookie", ["one=1", "two=2"]);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ method: request.method, url: request.url, text }));
  });
}).listen(process.env.PORT);
