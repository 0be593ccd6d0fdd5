/**
 * The system calls that no function needs and that exploits of the kernel, or ways around the other walls, begin with. They fail with an error
 * number, as they do in a kernel that was built without them. A list of what is forbidden, like that of container engines, because functions
 * bring programs of every kind; the tables are those of x86-64.
 *
 * https://docs.kernel.org/userspace-api/seccomp_filter.html
 */

/** https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl */
export const forbidden: Readonly<Record<string, number>> = {
  ptrace: 101,
  syslog: 103,
  vhangup: 153,
  modify_ldt: 154,
  pivot_root: 155,
  adjtimex: 159,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  sethostname: 170,
  setdomainname: 171,
  iopl: 172,
  ioperm: 173,
  init_module: 175,
  delete_module: 176,
  quotactl: 179,
  clock_settime: 227,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  migrate_pages: 256,
  unshare: 272,
  move_pages: 279,
  perf_event_open: 298,
  name_to_handle_at: 303,
  open_by_handle_at: 304,
  clock_adjtime: 305,
  setns: 308,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  finit_module: 313,
  kexec_file_load: 320,
  bpf: 321,
  userfaultfd: 323,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_getfd: 438,
  mount_setattr: 442,
  quotactl_fd: 443,
};

const clone = 56;
const clone3 = 435;
const socket = 41;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
const namespaceFlags = 0x7e02_0000;
/** AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which libraries list the interfaces. */
const socketFamilies = [1, 2, 10, 16];

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
const verdict = { allow: 0x7fff_0000, killProcess: 0x8000_0000, error: 0x0005_0000 };
const auditArchX64 = 0xc000_003e;
/** Calls of the x32 way, which have numbers of their own. */
const x32Bit = 0x4000_0000;

/** Offsets in struct seccomp_data. */
const at = { number: 0, architecture: 4, firstArgument: 16 };

type Instruction = [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const answer = (value: number): Instruction => [0x06, 0, 0, value];
const fail = (number: number): Instruction => answer(verdict.error | number);
/** The next instruction is passed over unless the loaded word equals, reaches, or shares a bit with the operand. */
const ifEqual = (operand: number): Instruction => [0x15, 0, 1, operand];
const ifAtLeast = (operand: number): Instruction => [0x35, 0, 1, operand];
const ifSharesBit = (operand: number): Instruction => [0x45, 0, 1, operand];
/** Passes over that many instructions unless equal. */
const unlessEqualSkip = (operand: number, count: number): Instruction => [0x15, 0, count, operand];

const onSocket = [
  load(at.firstArgument),
  ...socketFamilies.flatMap((family) => [ifEqual(family), answer(verdict.allow)]),
  fail(errno.EAFNOSUPPORT),
];
const onClone = [load(at.firstArgument), ifSharesBit(namespaceFlags), fail(errno.EPERM), answer(verdict.allow)];

const program: readonly Instruction[] = [
  load(at.architecture),
  ifEqual(auditArchX64),
  // Passes over the verdict.
  [0x05, 0, 0, 1],
  answer(verdict.killProcess),
  load(at.number),
  ifAtLeast(x32Bit),
  fail(errno.ENOSYS),
  ...Object.values(forbidden).flatMap((number) => [ifEqual(number), fail(errno.EPERM)]),
  // Its flags lie in memory, where a filter cannot look; C libraries then use clone.
  ifEqual(clone3),
  fail(errno.ENOSYS),
  unlessEqualSkip(clone, onClone.length),
  ...onClone,
  unlessEqualSkip(socket, onSocket.length),
  ...onSocket,
  answer(verdict.allow),
];

/** The filter as an array of struct sock_filter. */
export function filterBytes(): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  });
  return bytes;
}
