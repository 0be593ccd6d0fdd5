/**
 * The filter of system calls: those that are forbidden fail with an error number, as they do in a kernel that was built without them. A list of
 * what is forbidden, like that of container engines, because functions bring programs of every kind.
 *
 * https://docs.kernel.org/userspace-api/seccomp_filter.html
 */
import { newestNumber, systemCallNumbers } from "./system-call-numbers.ts";

/** By name, with the numbers of x86-64, on which all of them exist. */
export const forbidden = systemCallNumbers.x64!.forbidden;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
export const namespaceFlags = 0x7e02_0000;
/** AF_UNIX, AF_INET, AF_INET6. */
export const socketFamilies = [1, 2, 10];
/** AF_NETLINK, for NETLINK_ROUTE only: by that libraries list the interfaces. Other protocols lead into the kernel, or hold memory there. */
export const netlink = { family: 16, protocol: 0 };
/** AF_UNIX. */
export const pairFamily = 1;

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
const verdict = { allow: 0x7fff_0000, killProcess: 0x8000_0000, error: 0x0005_0000 };
/** https://github.com/torvalds/linux/blob/master/include/uapi/linux/audit.h: a process may make calls of another architecture, with other numbers. */
const auditNumbers: Readonly<Partial<Record<NodeJS.Architecture, number>>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };

/** Offsets in struct seccomp_data. */
const at = { number: 0, architecture: 4, firstArgument: 16, thirdArgument: 32 };

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
  unlessEqualSkip(netlink.family, 3),
  load(at.thirdArgument),
  ifEqual(netlink.protocol),
  answer(verdict.allow),
  fail(errno.EAFNOSUPPORT),
];
const onSocketpair = [load(at.firstArgument), ifEqual(pairFamily), answer(verdict.allow), fail(errno.EAFNOSUPPORT)];
const onClone = [load(at.firstArgument), ifSharesBit(namespaceFlags), fail(errno.EPERM), answer(verdict.allow)];

/** Whether there is a filter for the architecture. */
export const hasFilter = (architecture: NodeJS.Architecture): boolean => auditNumbers[architecture] !== undefined;

/** The filter as an array of struct sock_filter. */
export function filterBytes(architecture: NodeJS.Architecture = process.arch): Buffer {
  const known = made.get(architecture) ?? makeBytes(architecture);
  made.set(architecture, known);
  return known;
}

/** The same for all launches. */
const made = new Map<NodeJS.Architecture, Buffer>();

function makeBytes(architecture: NodeJS.Architecture): Buffer {
  const program = programFor(architecture);
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  });
  return bytes;
}

function programFor(architecture: NodeJS.Architecture): readonly Instruction[] {
  const [numbers, auditNumber] = [systemCallNumbers[architecture], auditNumbers[architecture]];
  if (!numbers || auditNumber === undefined) throw new Error(`there is no filter for ${architecture}`);
  return [
    load(at.architecture),
    ifEqual(auditNumber),
    // Passes over the verdict.
    [0x05, 0, 0, 1],
    answer(verdict.killProcess),
    load(at.number),
    // Among them are those of x86-64's x32 way.
    ifAtLeast(newestNumber + 1),
    fail(errno.ENOSYS),
    ...Object.values(numbers.forbidden).flatMap((number) => [ifEqual(number), fail(errno.EPERM)]),
    // Its flags lie in memory, where a filter cannot look; C libraries then use clone.
    ifEqual(numbers.clone3),
    fail(errno.ENOSYS),
    unlessEqualSkip(numbers.clone, onClone.length),
    ...onClone,
    unlessEqualSkip(numbers.socket, onSocket.length),
    ...onSocket,
    unlessEqualSkip(numbers.socketpair, onSocketpair.length),
    ...onSocketpair,
    answer(verdict.allow),
  ];
}
