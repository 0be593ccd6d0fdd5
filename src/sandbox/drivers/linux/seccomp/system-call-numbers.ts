/**
 * Numbers of system calls, by architecture. `forbidden` are those that no function needs and that exploits of the kernel, or ways around the other
 * walls, begin with; the others named need a closer look.
 */
export interface SystemCallNumbers {
  forbidden: Readonly<Record<string, number>>;
  clone: number;
  clone3: number;
  socket: number;
  socketpair: number;
}

/** The highest number that we have looked at: file_setattr, of Linux 6.17. What a newer kernel adds is as unknown to functions as to us. */
export const newestNumber = 469;

/** From 424 on a call has the same number everywhere. */
const unifiedNumbers = {
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
  open_tree_attr: 467,
};

/** https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl */
const forbiddenX64: Readonly<Record<string, number>> = {
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
  fanotify_init: 300,
  fanotify_mark: 301,
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
  ...unifiedNumbers,
};

/** https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h */
const forbiddenArm64: Readonly<Record<string, number>> = {
  umount2: 39,
  mount: 40,
  pivot_root: 41,
  chroot: 51,
  vhangup: 58,
  quotactl: 60,
  acct: 89,
  unshare: 97,
  kexec_load: 104,
  init_module: 105,
  delete_module: 106,
  clock_settime: 112,
  syslog: 116,
  ptrace: 117,
  reboot: 142,
  sethostname: 161,
  setdomainname: 162,
  settimeofday: 170,
  adjtimex: 171,
  add_key: 217,
  request_key: 218,
  keyctl: 219,
  swapon: 224,
  swapoff: 225,
  migrate_pages: 238,
  move_pages: 239,
  perf_event_open: 241,
  fanotify_init: 262,
  fanotify_mark: 263,
  clock_adjtime: 266,
  name_to_handle_at: 264,
  open_by_handle_at: 265,
  setns: 268,
  process_vm_readv: 270,
  process_vm_writev: 271,
  kcmp: 272,
  finit_module: 273,
  bpf: 280,
  userfaultfd: 282,
  kexec_file_load: 294,
  ...unifiedNumbers,
};

export const systemCallNumbers: Readonly<Partial<Record<NodeJS.Architecture, SystemCallNumbers>>> = {
  x64: { forbidden: forbiddenX64, clone: 56, clone3: 435, socket: 41, socketpair: 53 },
  arm64: { forbidden: forbiddenArm64, clone: 220, clone3: 435, socket: 198, socketpair: 199 },
};
