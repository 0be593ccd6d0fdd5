/**
 * `pilotlight trust`: fetches the certificate of a running Pilotlight's authority, and tells how the clients of this machine accept it. It
 * changes no client's settings itself: whom a machine trusts is its user's decision.
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { instructions } from "./trust-instructions.ts";

const usage = `Usage: pilotlight trust [options]

  --endpoint URL   where Pilotlight listens (default http://127.0.0.1:4566)
  --output FILE    where to put the certificate (default pilotlight-ca.pem)
  --help           this text
`;

async function trust({ endpoint, output }: { endpoint: string; output: string }): Promise<string> {
  const url = new URL("/_pilotlight/ca.pem", endpoint);
  const answer = await fetch(url).catch(() => undefined);
  if (answer === undefined) throw new Error(`Nothing answers at ${url.origin}. Start Pilotlight, or name another --endpoint.`);
  const certificate = await answer.text();
  if (!answer.ok || !certificate.startsWith("-----BEGIN CERTIFICATE-----"))
    throw new Error(`What answers at ${url.origin} is no Pilotlight: it has no certificate at ${url.pathname}.`);
  const file = resolve(output);
  await writeFile(file, certificate);
  return instructions(file, process.platform);
}

try {
  const { values } = parseArgs({
    options: {
      endpoint: { type: "string", default: "http://127.0.0.1:4566" },
      output: { type: "string", default: "pilotlight-ca.pem" },
      help: { type: "boolean", default: false },
    },
  });
  process.stdout.write(values.help ? usage : await trust(values));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
