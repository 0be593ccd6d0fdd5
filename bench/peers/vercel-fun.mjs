/** The function of the current folder, by @vercel/fun, behind a bare server: `vercel-fun.mjs FOLDER PORT`. */
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [folder, port] = process.argv.slice(2);
const { createFunction } = createRequire(`${folder}/package.json`)("@vercel/fun");
const invoke = await createFunction({
  Code: { Directory: process.cwd() },
  Handler: "index.handler",
  Runtime: "nodejs",
  Environment: { Variables: {} },
  MemorySize: 1_769,
});

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.stringify(await invoke(JSON.parse(Buffer.concat(chunks).toString())));
}

createServer((request, response) => {
  answer(request).then(
    (body) => response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body),
    (error) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(port), "127.0.0.1");
