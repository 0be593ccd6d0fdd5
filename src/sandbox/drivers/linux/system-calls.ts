/**
 * The few calls of the C library that Node has no function for, by node:ffi. All of them return at once, and at the thread that calls:
 * a call that must not block the event loop has no place here.
 */
export interface SystemCalls {
  unshare(flags: number): number;
  setns(descriptor: number, flags: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Buffer, sizeBytes: number): number;
  ioctl(descriptor: number, request: bigint, argument: Buffer): number;
  memfd_create(name: Buffer, flags: number): number;
  fcntl(descriptor: number, command: number, argument: number): number;
}

/** Undefined where they cannot be had. */
export async function loadSystemCalls(): Promise<SystemCalls | undefined> {
  try {
    const { dlopen } = await import("node:ffi");
    const { functions } = dlopen("libc.so.6", {
      unshare: { arguments: ["i32"], return: "i32" },
      setns: { arguments: ["i32", "i32"], return: "i32" },
      socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
      bind: { arguments: ["i32", "buffer", "u32"], return: "i32" },
      ioctl: { arguments: ["i32", "u64", "buffer"], return: "i32" },
      memfd_create: { arguments: ["buffer", "u32"], return: "i32" },
      fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
    });
    return functions;
  } catch {
    return undefined;
  }
}
