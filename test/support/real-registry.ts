/** A real registry, Debian's docker-registry, and how images get there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { obtainProgram } from "../../tools/debian-packages.ts";
import { eventually } from "./functions.ts";

export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  host: string;
}

/** Debian's docker-registry, keeping its data in `folder`; undefined where it is not installed. */
export async function startRealRegistry(folder: string): Promise<RealRegistry | undefined> {
  const program = await obtainProgram("docker-registry");
  if (program === undefined) return undefined;
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "registry.json");
  const storage = { filesystem: { rootdirectory: join(folder, "registry") } };
  // YAML takes JSON.
  await writeFile(config, JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http: { addr: host } }));
  const child = spawn(program, ["serve", config], { stdio: "ignore" });
  await eventually(
    () =>
      fetch(`http://${host}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    Boolean,
  );
  return {
    host,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      if (child.exitCode === null && child.kill("SIGKILL")) await gone;
    },
  };
}

/** Pushes an image of a layout as `repository:tag`. */
export async function pushImage(layout: string, digest: string, host: string, repository: string, tag: string): Promise<void> {
  const blob = (name: string): Promise<Buffer> => readFile(join(layout, "blobs", name.replace(":", "/")));
  const base = `http://${host}/v2/${repository}`;
  const manifest = await blob(digest);
  const { mediaType, config, layers } = JSON.parse(manifest.toString()) as { mediaType: string; config: Named; layers: Named[] };
  for (const part of [config, ...layers]) {
    const { headers } = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    const upload = new URL(headers.get("location")!, base);
    upload.searchParams.set("digest", part.digest);
    const body = new Uint8Array(await blob(part.digest));
    const { status } = await fetch(upload, { method: "PUT", body, headers: { "content-type": "application/octet-stream" } });
    if (status !== 201) throw new Error(`a blob could not be pushed: ${status}`);
  }
  const { status } = await fetch(`${base}/manifests/${tag}`, {
    method: "PUT",
    body: new Uint8Array(manifest),
    headers: { "content-type": mediaType },
  });
  if (status !== 201) throw new Error(`the manifest could not be pushed: ${status}`);
}

interface Named {
  digest: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
