import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** The supervisor's side of docs/frames.md, for tests of the managed runtimes: starts one on code given as text and invokes it. */
export class RuntimeProcess implements AsyncDisposable {
  readonly exitCode: Promise<number | null>;
  /** All that the runtime wrote to its standard output, once it has ended. */
  readonly stdout: Promise<string>;
  /** Whether it has said that threads or processes of the function go on while it waits. */
  hasCompany = false;
  readonly #socket: Duplex;
  readonly #folder: string;
  readonly #frames: AsyncGenerator<Frame, undefined>;

  private constructor(child: ChildProcess, folder: string) {
    this.#folder = folder;
    this.#socket = child.stdio[3] as Duplex;
    this.#socket.on("error", () => {}); // The runtime died: the test sees it in the frames.
    this.#frames = framesOf(this.#socket);
    this.exitCode = once(child, "exit").then(([code]) => code as number | null);
    this.stdout = text(child.stdout as Readable);
  }

  /** @param files path within the task root → text */
  static async start(command: string[], files: Record<string, string>, variables: Variables): Promise<RuntimeProcess> {
    const folder = await mkdtemp(join(tmpdir(), "runtime-"));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const env = Object.entries({ ...functionVariables, LAMBDA_TASK_ROOT: folder, ...variables }).map(
      ([name, value]) => [name, value?.replaceAll("$TASK_ROOT", folder)] as const,
    );
    const [program, ...parameters] = command as [string, ...string[]];
    const child = spawn(program, parameters, {
      cwd: folder,
      env: Object.fromEntries(env),
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    return new RuntimeProcess(child, folder);
  }

  /** Waits for the end of the initialisation; of a process that was started without `_HANDLER`, until it waits for its function. */
  async initialised(): Promise<Answer> {
    return this.#answer();
  }

  /** Tells a process that waits which function it is for; its code is the same. Waits for the end of the initialisation. */
  async specialise(variables: Record<string, string>): Promise<Answer> {
    this.#tellVariables(0x02, { LAMBDA_TASK_ROOT: this.#folder, ...variables });
    return this.#answer();
  }

  /** Legal once it is initialised: waits until it has come to its snapshot. */
  async checkpoint(): Promise<Answer> {
    this.#socket.write(Buffer.from([1, 0, 0, 0, 0x04]));
    return this.#answer();
  }

  /** Has it go on from there; waits until its hooks have run. */
  async restore(variables: Record<string, string> = {}): Promise<Answer> {
    this.#tellVariables(0x05, variables);
    return this.#answer();
  }

  #tellVariables(type: number, variables: Record<string, string>): void {
    const body = Buffer.from(JSON.stringify({ variables }));
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32LE(1 + body.length);
    frame[4] = type;
    body.copy(frame, 5);
    this.#socket.write(frame);
  }

  /** That it shall not stand still while it waits; what is written next goes out together with this. */
  linger(): void {
    this.#socket.cork();
    this.#socket.write(Buffer.from([1, 0, 0, 0, 0x03]));
    process.nextTick(() => this.#socket.uncork());
  }

  async invoke(payload: string, header: Record<string, unknown> = {}): Promise<Answer> {
    const whole = { requestId: "id-1", deadlineMs: 4e12, invokedFunctionArn: "arn", traceId: "Root=1", ...header };
    const headerBytes = Buffer.from(JSON.stringify(whole));
    const body = Buffer.from(payload);
    const frame = Buffer.alloc(9 + headerBytes.length + body.length);
    frame.writeUInt32LE(frame.length - 4, 0);
    frame[4] = 0x01;
    frame.writeUInt32LE(headerBytes.length, 5);
    headerBytes.copy(frame, 9);
    body.copy(frame, 9 + headerBytes.length);
    this.#socket.write(frame);
    return this.#answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.end();
    await this.exitCode;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(): Promise<Answer> {
    const answer: Answer = { kind: "exit", body: "", logs: [] };
    const chunks: Buffer[] = [];
    for (;;) {
      const { value: frame } = await this.#frames.next();
      if (frame === undefined) return answer;
      const kind = kinds[frame.type];
      if (kind === undefined) throw new Error(`unknown frame ${frame.type}`);
      if (kind === "company") this.hasCompany = true;
      else if (kind === "log") {
        const timeMs = frame.body.readDoubleLE(1);
        answer.logs.push({ level: frame.body[0] ?? 0, timeMs, text: frame.body.toString("utf8", 9) });
      } else if (kind === "head") answer.contentType = frame.body.toString();
      else if (kind === "chunk") chunks.push(frame.body);
      else if (kind === "end") {
        if (frame.body.length > 0) answer.error = JSON.parse(frame.body.toString());
        return { ...answer, kind, body: Buffer.concat(chunks).toString(), chunkSizes: chunks.map((chunk) => chunk.length) };
      } else return { ...answer, kind, body: frame.body.toString() };
    }
  }
}

export interface Answer {
  kind:
    | "lastError"
    | "booted"
    | "ready"
    | "checkpointed"
    | "restored"
    | "restoreError"
    | "initError"
    | "response"
    | "error"
    | "end"
    | "exit";
  body: string;
  logs: Array<{ level: number; timeMs: number; text: string }>;
  contentType?: string;
  chunkSizes?: number[];
  /** With which a stream broke. */
  error?: unknown;
}

type Variables = Record<string, string | undefined>;

interface Frame {
  type: number;
  body: Buffer;
}

const kinds: Record<number, "log" | "head" | "chunk" | "company" | Exclude<Answer["kind"], "exit">> = {
  0x80: "booted",
  0x81: "ready",
  0x82: "initError",
  0x83: "response",
  0x84: "error",
  0x85: "log",
  0x86: "head",
  0x87: "chunk",
  0x88: "end",
  0x89: "company",
  0x8a: "checkpointed",
  0x8b: "restored",
  0x8c: "restoreError",
  0x8d: "lastError",
};

const functionVariables: Variables = {
  AWS_LAMBDA_FUNCTION_NAME: "greeter",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/greeter",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/15/[$LATEST]0",
};

async function* framesOf(socket: Duplex): AsyncGenerator<Frame, undefined> {
  let buffered = Buffer.alloc(0);
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    buffered = Buffer.concat([buffered, bytes]);
    while (buffered.length >= 5 && buffered.length >= 4 + buffered.readUInt32LE(0)) {
      const end = 4 + buffered.readUInt32LE(0);
      yield { type: buffered[4] ?? 0, body: buffered.subarray(5, end) };
      buffered = buffered.subarray(end);
    }
  }
  return undefined;
}

/** Programs of these names on the PATH that run, one for each version. */
export function installed(names: string[], searchPath: string): Array<{ program: string; version: string }> {
  const found = new Map<string, string>();
  for (const folder of searchPath.split(delimiter)) {
    for (const program of names.map((name) => join(folder, name)).filter((path) => existsSync(path))) {
      const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
      if (status === 0 && !found.has(stdout)) found.set(stdout, program);
    }
  }
  return [...found].map(([version, program]) => ({ version: version.trim(), program }));
}
