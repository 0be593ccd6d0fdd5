/**
 * The filter of system calls as a container runtime takes it: what drivers/linux/seccomp/filter.ts forbids, in the words of
 * https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
 */
import { forbidden, namespaceFlags, netlink, pairFamily, socketFamilies } from "../linux/seccomp/filter.ts";

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };

interface ArgumentTest {
  index: number;
  value: number;
  valueTwo?: number;
  op: "SCMP_CMP_EQ" | "SCMP_CMP_NE" | "SCMP_CMP_GE" | "SCMP_CMP_MASKED_EQ";
}

interface Rule {
  names: string[];
  action: "SCMP_ACT_ERRNO";
  errnoRet: number;
  args?: ArgumentTest[];
}

export interface SeccompProfile {
  defaultAction: "SCMP_ACT_ALLOW";
  /** Calls of any other architecture end the process. */
  architectures: string[];
  syscalls: Rule[];
}

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64" };

/** Undefined for machines whose calls we have not looked at. */
export function seccompProfile(architecture: NodeJS.Architecture): SeccompProfile | undefined {
  const name = architectures[architecture];
  if (name === undefined) return undefined;
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: [name],
    syscalls: [
      refuse(Object.keys(forbidden), errno.EPERM),
      // Its flags lie in memory, where a filter cannot look; C libraries then use clone.
      refuse(["clone3"], errno.ENOSYS),
      // A rule says what is refused, and tests one bit or one value: several of them are joined by "or".
      ...bitsOf(namespaceFlags).map((bit) =>
        refuse(["clone"], errno.EPERM, { index: 0, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }),
      ),
      ...foreignFamilies([...socketFamilies, netlink.family]).map((test) => refuse(["socket"], errno.EAFNOSUPPORT, test)),
      refuse(
        ["socket"],
        errno.EAFNOSUPPORT,
        { index: 0, value: netlink.family, op: "SCMP_CMP_EQ" },
        { index: 2, value: netlink.protocol, op: "SCMP_CMP_NE" },
      ),
      ...foreignFamilies([pairFamily]).map((test) => refuse(["socketpair"], errno.EAFNOSUPPORT, test)),
    ],
  };
}

/** Refuses what passes all the tests. */
function refuse(names: string[], errnoRet: number, ...args: ArgumentTest[]): Rule {
  return { names, action: "SCMP_ACT_ERRNO", errnoRet, ...(args.length > 0 && { args }) };
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, place) => 2 ** place).filter((bit) => Math.floor(mask / bit) % 2 === 1);
}

/** Every family but those that functions may use: the gaps between them, and all beyond the last. */
function foreignFamilies(families: readonly number[]): ArgumentTest[] {
  const beyond = Math.max(...families) + 1;
  const gaps = Array.from({ length: beyond }, (_, family) => family).filter((family) => !families.includes(family));
  return [...gaps.map((value): ArgumentTest => ({ index: 0, value, op: "SCMP_CMP_EQ" })), { index: 0, value: beyond, op: "SCMP_CMP_GE" }];
}
