import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { startProduct } from "#test/product.ts";
const product = await startProduct({}, "--log-level", "debug", ...process.argv.slice(2));
await createFunction(product.lambda, "f", `
const { createSocket } = require("node:dgram");
exports.handler = async (e) => { if (e.udp) { const socket = createSocket("udp4"); const [h,p]=process.env.AWS_XRAY_DAEMON_ADDRESS.split(":"); 
await new Promise((resolve) => socket.send("nonsense", Number(p), h, resolve)); socket.close(); } return process.env.AWS_XRAY_DAEMON_ADDRESS; }`, { TracingConfig: { Mode: "Active" } });
const show = async (p: Promise<any>) => { const t = setTimeout(() => console.log("stuck"), 8000); const a = await p; clearTimeout(t); console.log(payloadOf(a), a.FunctionError, tailOf(a)); };
await show(product.lambda.invoke({ FunctionName: "f", LogType: "Tail", Payload: "{}" }));
await show(product.lambda.invoke({ FunctionName: "f", LogType: "Tail", Payload: '{"udp":1}' }));
await product[Symbol.asyncDispose]();
