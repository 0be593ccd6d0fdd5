/**
 * What hostile code would try from inside of a function, each a body that runs there with `fs`, `net`, `os`, `run` (a shell command), `syscall` and
 * `connect` at hand, and what it is to come to. A body that throws comes to the error's code.
 */
import { forbidden } from "#sandbox/drivers/linux/seccomp/filter.ts";

export interface Target {
  /** All that the product keeps on disk. */
  dataFolder: string;
  /** Where something of the machine's listens on its loopback interface, and in the abstract names of unix sockets. */
  port: number;
  socketName: string;
  /** A process of the machine. */
  pid: number;
}

export type Attack = [name: string, body: string | ((target: Target) => string), outcome: unknown];

const notFound = "ENOENT";
const refusedConnection = "ECONNREFUSED";
/** https://webidl.spec.whatwg.org/#timeouterror: nothing has come. */
const timedOut = 23;

/** Numbers of what is done without a program or a function of Node's. x86-64. */
const numbers = { clone: 56, clone3: 435, socket: 41, socketpair: 53, setuid: 105, setgid: 106, capset: 126, mknod: 133 };
const errno = { EPERM: "errno 1", EACCES: "errno 13", ENOSYS: "errno 38", EAFNOSUPPORT: "errno 97" };
const call = (name: keyof typeof numbers, ...args: number[]): string => `return syscall(${[numbers[name], ...args].join()});`;

const files: Attack[] = [
  ["reads the passwords of the machine", 'return fs.readFileSync("/etc/shadow", "utf8");', notFound],
  ["reads root's home", 'return fs.readdirSync("/root");', notFound],
  ["reads the product's data", ({ dataFolder }) => `return fs.readdirSync(${JSON.stringify(dataFolder)});`, notFound],
  ["reads the product's secret", ({ dataFolder }) => `return fs.readFileSync(${JSON.stringify(`${dataFolder}/secret`)});`, notFound],
  ["reads other functions' code", ({ dataFolder }) => `return fs.readdirSync(${JSON.stringify(`${dataFolder}/unpacked`)});`, notFound],
  ["reads other environments' files", ({ dataFolder }) => `return fs.readdirSync(${JSON.stringify(`${dataFolder}/run`)});`, notFound],
  ["climbs out by ..", 'return fs.readFileSync("../../../../../../etc/shadow");', notFound],
  ["climbs out by /proc/self/root", 'return fs.readFileSync("/proc/self/root/../etc/shadow");', notFound],
  ["climbs out by a symbolic link", 'fs.symlinkSync("/../../../etc/shadow", "/tmp/link"); return fs.readFileSync("/tmp/link");', notFound],
  ["links a program of root's into /tmp", 'fs.linkSync("/usr/bin/su", "/tmp/su");', "EXDEV"],
  ["changes its own code", 'fs.writeFileSync("/var/task/index.js", "");', "EROFS"],
  ["puts a program on the PATH", 'fs.writeFileSync("/usr/local/bin/aws", "");', "EROFS"],
  ["adds a user", 'fs.appendFileSync("/etc/passwd", "root2::0:0::/:/bin/sh");', "EACCES"],
  ["writes beside its folders", 'fs.writeFileSync("/escape", "");', "EROFS"],
  ["writes into /dev", 'fs.writeFileSync("/dev/escape", "");', "EROFS"],
  ["looks for disks", 'return fs.readdirSync("/dev").join();', /^fd,full,null,random,(sleeper,)?stderr,stdin,stdout,urandom,zero$/],
  ["looks for the kernel's switches", 'return fs.readdirSync("/sys");', notFound],
  ["tells the kernel what to run at a crash", 'fs.writeFileSync("/proc/sys/kernel/core_pattern", "|/tmp/x");', /^E(ACCES|ROFS)$/],
  [
    "finds a mount of the machine, or one that is tied to it",
    `const mounts = fs.readFileSync("/proc/self/mountinfo", "utf8").trim().split("\\n").map((line) => line.split(" "));
     return mounts.filter(([, , , , place]) => place === "/").length === 1 && mounts.every(([, , , , , , tie]) => tie === "-");`,
    true,
  ],
  ["makes a device", 'return run("mknod /tmp/disk b 8 0 2>&1 || echo refused").split("\\n").at(-2);', "refused"],
];

const processes: Attack[] = [
  ["looks at the processes of others", 'return run("ls /proc | grep -c ^[0-9]") < 6;', true],
  ["reads the first process's variables", 'return fs.readFileSync("/proc/1/environ");', notFound],
  ["ends the first process", 'process.kill(1, "SIGKILL");', "EPERM"],
  ["ends a process of the machine", ({ pid }) => `process.kill(${pid}, "SIGKILL");`, "ESRCH"],
  ["makes itself more important", "os.setPriority(-20);", "ERR_SYSTEM_ERROR"],
  [
    "is root",
    "return process.getuid() >= 0x70000000 && process.getgid() === process.getuid() && process.getgroups().every((id) => id !== 0);",
    true,
  ],
  ["has capabilities", 'return /CapEff:\\s+0+\\n/.test(fs.readFileSync("/proc/self/status", "utf8"));', true],
  [
    "runs a program as its owner",
    'fs.copyFileSync("/bin/sh", "/tmp/sh"); fs.chmodSync("/tmp/sh", 0o6755); return run("/tmp/sh -p -c \'id -u\'").trim() === String(process.getuid());',
    true,
  ],
  ["becomes root by su", 'return run("su -c id 2>&1 || echo refused").split("\\n").at(-2);', "refused"],
  ["makes a user namespace", 'return run("unshare --map-root-user id 2>&1 || echo refused").split("\\n").at(-2);', "refused"],
  [
    "finds memory that it could write to together with others",
    'return fs.readFileSync("/proc/self/maps", "utf8").match(/^\\S+ .w.s/gm)?.length ?? 0;',
    0,
  ],
  ["finds shared memory", 'return fs.readFileSync("/proc/sysvipc/shm", "utf8").split("\\n").length;', 2],
];

const kernel: Attack[] = [
  ["takes user id 0", call("setuid", 0), errno.EPERM],
  ["takes group id 0", call("setgid", 0), errno.EPERM],
  ["makes a namespace by clone", call("clone", 0x1000_0000 | 17), errno.EPERM],
  ["makes a namespace by clone3", call("clone3"), errno.ENOSYS],
  ["opens raw packets", call("socket", 17, 3, 768), errno.EAFNOSUPPORT],
  ["opens the kernel's ciphers", call("socket", 38, 5), errno.EAFNOSUPPORT],
  ["opens the hypervisor's sockets", call("socket", 40, 1), errno.EAFNOSUPPORT],
  ["opens a pair of them", call("socketpair", 40, 1, 0, 0), errno.EAFNOSUPPORT],
  ["opens a way to other parts of the kernel", call("socket", 16, 3, 2), errno.EAFNOSUPPORT],
  ...Object.entries(forbidden).map(([name, number]): Attack => {
    // A container runtime forbids what its libseccomp knows by name. Without rights the call comes to nothing either.
    const outcome = name === "open_tree_attr" ? /^errno (1|14)$/ : errno.EPERM;
    return [`calls ${name}`, `return syscall(${number});`, outcome];
  }),
];

const network: Attack[] = [
  [
    "reaches what listens on the machine's loopback",
    ({ port }) => `return connect({ host: "127.0.0.1", port: ${port} });`,
    refusedConnection,
  ],
  ["reaches abstract sockets", ({ socketName }) => `return connect({ path: "\\0${socketName}" });`, refusedConnection],
  [
    "asks a Runtime API for the invocations of others",
    'return (await fetch("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", { signal: AbortSignal.timeout(2000) })).status;',
    timedOut,
  ],
  ["reaches the metadata service", 'return connect({ host: "169.254.169.254", port: 80 });', "ENETUNREACH"],
  ["reaches private addresses", 'return connect({ host: "10.0.0.1", port: 80 });', "ENETUNREACH"],
  ["reaches private addresses of version 6", 'return connect({ host: "fd00::1", port: 80 });', /^E(NETUNREACH|ADDRNOTAVAIL)$/],
  ["listens where the world could come in", "return Object.keys(os.networkInterfaces()).join();", /^lo(,eth0)?$/],
  [
    "calls with the root's key",
    `const { Lambda } = require("@aws-sdk/client-lambda");
      const root = new Lambda({ credentials: { accessKeyId: "test", secretAccessKey: "test" } });
      return root.listFunctions().catch((error) => error.name);`,
    "AccessDeniedException",
  ],
  [
    "calls an address signed with the root's key",
    'return (await fetch(process.env.AWS_ENDPOINT_URL + "/?X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request")).status;',
    403,
  ],
  [
    "may call as its own role (or the two above prove nothing)",
    'const { STS } = require("@aws-sdk/client-sts"); return (await new STS({}).getCallerIdentity({})).Arn.includes("assumed-role/function-role");',
    true,
  ],
];

const exhaustion: Attack[] = [
  [
    "opens files without end",
    'const open = []; try { for (;;) open.push(fs.openSync("/dev/null")); } catch (error) { open.forEach(fs.closeSync); return open.length <= 1024 && error.code; }',
    "EMFILE",
  ],
  [
    "starts processes without end",
    'return run("(trap \'kill $p\' EXIT; n=0; while [ $n -lt 1100 ]; do sleep 30 & p=\\"$p $!\\" n=$((n+1)); done) 2>&1 || true");',
    /Cannot fork/,
  ],
  [
    "fills the disk",
    'run("rm -rf /tmp/[!l]*; fallocate -l 512M /tmp/full"); return run("rm /tmp/full; fallocate -l 513M /tmp/full 2>&1; rm /tmp/full");',
    /No space left/,
  ],
  [
    "makes files without end",
    'fs.mkdirSync("/tmp/many"); let n = 0; try { for (;;) fs.writeFileSync("/tmp/many/" + n++, ""); } catch (error) { fs.rmSync("/tmp/many", { recursive: true }); return error.code; }',
    "ENOSPC",
  ],
  [
    "opens connections without end",
    `const { port } = new URL(process.env.AWS_ENDPOINT_URL);
      const sockets = Array.from({ length: 600 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
      // The kernel opens a connection before the product can close it: what counts is how many it ends.
      const isRefused = () => sockets.filter((socket) => socket.destroyed).length >= 600 - 256;
      for (let attempt = 0; attempt < 200 && !isRefused(); attempt++) await new Promise((resolve) => setTimeout(resolve, 100));
      const outcome = isRefused() && "refused";
      sockets.forEach((socket) => socket.destroy());
      return outcome;`,
    "refused",
  ],
];

export const attacks: readonly Attack[] = [...files, ...processes, ...kernel, ...network, ...exhaustion];

/** The function that runs the bodies. */
export const attackerSource = `
  const fs = require("node:fs"), net = require("node:net"), os = require("node:os");
  const { execSync } = require("node:child_process");
  const { dlopen, getInt32 } = require("node:ffi");
  const libc = dlopen("libc.so.6", {
    syscall: { arguments: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], return: "i64" },
    __errno_location: { arguments: [], return: "pointer" },
  }).functions;
  const run = (command) => execSync(command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const syscall = (...numbers) => {
    const [number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers.map(BigInt);
    const result = libc.syscall(number, BigInt(a), BigInt(b), BigInt(c), BigInt(d), BigInt(e), BigInt(f));
    return Number(result) === -1 ? "errno " + getInt32(libc.__errno_location()) : "done";
  };
  const connect = (to) => new Promise((resolve) => net.connect(to, () => resolve("connected")).on("error", (error) => resolve(error.code)));
  const AsyncFunction = (async () => {}).constructor;
  globalThis.bornAs = process.pid;
  exports.handler = async (body) => {
    try {
      return (await new AsyncFunction("fs", "net", "os", "run", "syscall", "connect", "require", body)(fs, net, os, run, syscall, connect, require)) ?? "done";
    } catch (error) {
      return error.code ?? error.message;
    }
  };`;
