import type { Socket as DatagramSocket } from "node:dgram";
import { accessSync, constants, statSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import type { DriverDescription, FileSystemMount } from "../contract.ts";
import type { MemoryUse } from "../memory-budget.ts";
import { launchComplaint } from "./launch-complaint.ts";

/**
 * A driver turns a launch order into running processes, and ends all of them again. The process driver (process.ts) works
 * everywhere and isolates nothing; drivers that isolate implement the same interface.
 */
export interface Driver extends AsyncDisposable {
  /** Whether the network of a launch is its own, so that nothing else of this machine can be reached from it, and nobody else gets in. */
  readonly hasPrivateNetworks: boolean;
  /** Whether functions may bring a root of their own. */
  readonly hasImages: boolean;
  /** Whether `RunningProcess.specialise` is there. */
  readonly canSpecialise?: boolean;
  /** Rejects when the program cannot be started; with `ProgramMissing` if there is no such program. */
  launch(order: LaunchOrder): Promise<RunningProcess>;
  /**
   * Loads a program once, so that its launches can be forks of that process. Resolves with why that cannot be, if so. `readable` as in `LaunchFolders`.
   * Present where the driver can do that at all.
   */
  prepareFork?(program: ForkableProgram, readable: readonly string[]): Promise<string | undefined>;
  /** Builds the sandbox of an order for several programs, and starts none; present where the driver can do it. Rejects if it cannot be built. */
  openSandbox?(order: SandboxOrder): Promise<SharedSandbox>;
  /** Where a program launched with these folders will find them. */
  places(folders: LaunchFolders): Places;
  /** What one launch has for a network, made before it because the program must be told the addresses in there. */
  openNetwork(): Network;
  describe(): DriverDescription;
  /** The memory of all launches together, and how much they may have; absent where that cannot be told. */
  memoryUse?(): MemoryUse | undefined;
}

/** Where the program of one launch finds servers of ours: on its loopback interface. */
export interface Network {
  /** Lets the server listen, on this port if the network is private and on any free one if not. Resolves with `ADDRESS:PORT`. */
  listen(server: Server, port: number): Promise<string>;
  /** Binds the socket, which gets what the function sends there, likewise. */
  receive(socket: DatagramSocket, port: number): Promise<string>;
  /** A connection, on its way, to what the function lets listen on that port of its loopback interface. */
  connect(port: number): Socket;
  /** Makes what the function lets listen on that port reachable at the same port of this machine's loopback interface. Rejects if it is taken. */
  expose(port: number): Promise<void>;
  /** Called once the processes are gone; ends the servers, and the sockets that receive. */
  close(): void;
}

/** Names of a sandbox's own loopback address. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-destination */
export const sandboxNames = ["sandbox.localdomain", "sandbox"];

export interface LaunchOrder {
  /**
   * Absolute path of the program to run, found by the supervisor's own eyes: it may lie among the code or the layers. With a root of its own:
   * as in a command line, in the eyes of the function.
   */
  program: string;
  args: readonly string[];
  /** Absolute, in the eyes of the function; without it, that of the code. */
  workingDirectory?: string;
  /** The whole environment of the process; a driver adds only what it must (such as TMPDIR). */
  variables: Readonly<Record<string, string>>;
  folders: LaunchFolders;
  /** Of this driver. */
  network: Network;
  memoryMb: number;
  ephemeralStorageMb: number;
  /** Whether nobody waits for it yet, so that it gives way to what runs: see `RunningProcess.specialise`. */
  isAheadOfNeed?: boolean;
  /** Present if the process may be a fork of one that has loaded this, where there is one: see `Driver.prepareFork`. */
  forkOf?: ForkableProgram;
  /** Whether the program gets a connected stream socket as descriptor 3. */
  wantsFrames: boolean;
  /** Whether its output and its errors may come by one stream, in the order in which they were written. */
  mergesOutput?: boolean;
  /** Whether its memory shall be captured when it asks for it, where that can be: see `RunningProcess.image`. */
  capturesImage?: boolean;
  /** What it is made of, in the place of the program: it comes up as the captured process was. `launch` rejects if it cannot be. */
  restores?: MemoryImage;
}

/** The memory of a process that has been captured, of which others can be made: see docs/decisions/0018-snapstart.md. */
export interface MemoryImage {
  /** Whether others can still be made of it. */
  isUsable(): boolean;
  release(): void;
}

/** Languages whose runtime of ours can be a fork server: see docs/decisions/0013-fork-servers.md. */
export type ForkServerKind = "nodejs" | "python";

/** A program that, started with these variables, can be a fork server; its forks get their own variables when they are specialised. */
export interface ForkableProgram extends Pick<LaunchOrder, "program" | "args" | "variables"> {
  kind: ForkServerKind;
}

/** What programs in one sandbox have in common. */
export type SandboxOrder = Pick<LaunchOrder, "folders" | "network" | "memoryMb" | "ephemeralStorageMb">;
/** What each of them has for itself. */
export type ProgramOrder = Pick<LaunchOrder, "program" | "args" | "workingDirectory" | "variables" | "wantsFrames">;

/** A sandbox in which several programs run side by side, in the same files, network, memory: a runtime and its extensions. */
export interface SharedSandbox {
  /** Rejects as `launch` does. What is returned is this program alone: `stop` ends it and nothing else; the memory is that of all. */
  start(order: ProgramOrder): Promise<RunningProcess>;
  /** Kills everything that runs in there. */
  stop(): Promise<void>;
}

/** Absolute paths, as the supervisor sees them. The same object for all launches of an environment. */
export interface LaunchFolders {
  /** Belongs to one environment alone, and names it uniquely. Whichever driver needs it makes it. */
  environment: string;
  /** Inside `environment`, made likewise; the function sees it as its folder for temporary files, and keeps it when launched again. */
  tmp: string;
  /** The function's code: working directory, read-only where the driver can make it so. */
  task: string;
  /** The function's layers laid over each other, read-only likewise. */
  layers?: string;
  fileSystems: readonly FileSystemMount[];
  /** The root of a container image, for drivers with `hasImages`: the function sees its files instead of this machine's, and the code among them. */
  root?: string;
  /** What else the program must be able to read: interpreter, bootstrap, SDK. */
  readable: readonly string[];
}

/** Absolute paths, as the function sees them: AWS's, where the driver can bring that about. */
export interface Places {
  /** `/var/task` */
  task: string;
  /** `/opt` */
  layers: string;
  /** Whether file systems can be had under /mnt. */
  hasFileSystems: boolean;
}

/** The path of an order's program in the eyes of the function. */
export function seenProgram(program: string, folders: LaunchFolders, places: Places): string {
  if (program.startsWith(`${folders.task}/`)) return places.task + program.slice(folders.task.length);
  if (folders.layers !== undefined && program.startsWith(`${folders.layers}/`)) return places.layers + program.slice(folders.layers.length);
  return program;
}

/** Where AWS has them, for messages. */
const awsPlaces: Places = { task: "/var/task", layers: "/opt", hasFileSystems: true };

/** Rejects with `ProgramMissing`; with `ProgramUnfit` if it is the function's own, and no program. */
export async function checkProgram({ program, folders }: Pick<LaunchOrder, "program" | "folders">): Promise<void> {
  const seen = seenProgram(program, folders, awsPlaces);
  const isOwn = seen !== program;
  if (!(isOwn ? isFile(program) : isExecutable(program))) throw new ProgramMissing(program);
  const complaint = isOwn ? await launchComplaint(program, folders.root !== undefined) : undefined;
  if (complaint !== undefined) throw new ProgramUnfit(`fork/exec ${seen}: ${complaint}`);
}

/** To look is quicker than to wait for somebody who looks. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export class ProgramMissing extends Error {
  constructor(program: string) {
    super(`${program} is no executable file`);
    this.name = "ProgramMissing";
  }
}

/** The message is Go's, as the customer is to see it. */
export class ProgramUnfit extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProgramUnfit";
  }
}

/** What an image is to run, or where, is not in there; the message is Go's, as the customer is to see it. */
export class ImageEntryMissing extends Error {
  readonly missing: "program" | "folder";

  constructor(missing: ImageEntryMissing["missing"], message: string) {
    super(message);
    this.name = "ImageEntryMissing";
    this.missing = missing;
  }
}

export interface ProcessExit {
  /** Set unless a signal ended the process. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Both return at once, and do nothing if that is so already. What stands still does not notice; it can be stopped all the same. */
export interface Freezer {
  freeze(): void;
  thaw(): void;
}

export interface RunningProcess {
  readonly pid: number;
  /** Our end of descriptor 3, if `wantsFrames`. */
  readonly frames?: Duplex;
  readonly stdout: Readable;
  /** The same as `stdout` if both come by one stream. */
  readonly stderr: Readable;
  /** Of a process whose order said `capturesImage`, once it has been captured. */
  readonly image?: MemoryImage | undefined;
  /**
   * Settles when the program has exited, everything it started has been killed, and the streams have been read to their end
   * (for a second at most, because a reader may have paused them). Never rejects.
   */
  readonly exited: Promise<ProcessExit>;
  /** Initialisation, which has the processor to itself, is over: what follows is held to the share that goes with the memory. */
  holdToCpuShare(): void;
  /** The most memory that was in use at once, sampled; 0 before the first sample. Cheap enough to ask per invocation. */
  peakMemoryBytes(): number;
  /**
   * Present where the driver can do it: gives the code, the layers and the limits of an order to a program that was launched with empty folders
   * in their places, and returns the variables that it must take on. Throws if that fails; the process is of no use then.
   */
  specialise?(order: LaunchOrder): Readonly<Record<string, string>>;
  /** Present where the program and everything it started can be made to stand still. */
  readonly freezer?: Freezer | undefined;
  /** Asks the program to end, by SIGTERM; it may not. */
  terminate(): void;
  /** Kills the program and everything it started, without notice. Resolves as `exited` does. */
  stop(): Promise<ProcessExit>;
}
