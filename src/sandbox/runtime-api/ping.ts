import type { Endpoint } from "./exchange.ts";

/** GET /2018-06-01/ping */
export const ping: Endpoint = (_, __, response) => {
  response.writeHead(200, { "Content-Type": "text/plain" }).end("pong");
};
