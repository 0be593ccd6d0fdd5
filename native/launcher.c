/*
 * Starts one program in a sandbox: what launch-script.ts does with a chain of a dozen programs, in one. It reads an order (order.h) from its standard
 * input, becomes the leader that waits outside of the sandbox, and ends as the program ends: with its status, or by its signal.
 *
 * Descriptors: 0 the order; 1 and 2 the program's output; 3 its frames, if the order says so; 4 the network namespace.
 *
 * It runs as root and is trusted; what it reads comes from the supervisor, but names files that customers can name. It allocates nothing, and ends
 * at the first thing that fails, with status 125 and a line that says what.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "order.h"

enum { frames_descriptor = 3, network_descriptor = 4, failed_status = 125 };

static void fail(const char *what) {
  dprintf(2, "%s: %s\n", what, strerror(errno));
  _exit(failed_status);
}

static void check(long result, const char *what) {
  if (result < 0) fail(what);
}

/* The path of a place in the root that is being put together. */
static const char *in_root(const struct order *order, const char *place) {
  static char path[4096];
  if ((size_t)snprintf(path, sizeof path, "%s%s", order->root, place) >= sizeof path) {
    errno = ENAMETOOLONG;
    fail(place);
  }
  return path;
}

/* With its parents, as mkdir -p does. */
static void make_folder(const char *path) {
  char part[4096];
  check(snprintf(part, sizeof part, "%s", path) < (int)sizeof part ? 0 : -1, path);
  for (char *at = part + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    if (mkdir(part, 0755) < 0 && errno != EEXIST) fail(part);
    *at = '/';
  }
  if (mkdir(part, 0755) < 0 && errno != EEXIST) fail(part);
}

/* Whoever writes 0 into the list of a control group's processes is in it, and so are its children. */
static void enter_groups(const struct order *order) {
  for (unsigned at = 0; at < order->door_count; at++) {
    int door = open(order->doors[at], O_WRONLY | O_CLOEXEC);
    check(door, order->doors[at]);
    check(write(door, "0", 1), order->doors[at]);
    close(door);
  }
}

/* A loop device that shows the image as a disk, and is gone when nobody uses it any more. Its descriptor, and its name in `name`. */
static int attach_image(const char *image, char *name, size_t size) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int file = open(image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  check(control, "/dev/loop-control");
  check(file, image);
  for (int attempt = 0; attempt < 64; attempt++) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    check(number, "LOOP_CTL_GET_FREE");
    snprintf(name, size, "/dev/loop%d", number);
    int device = open(name, O_RDWR | O_CLOEXEC);
    check(device, name);
    struct loop_config config = {.fd = file, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
    snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", image);
    if (ioctl(device, LOOP_CONFIGURE, &config) == 0) {
      close(file);
      close(control);
      return device;
    }
    /* Somebody was quicker. */
    if (errno != EBUSY) fail("LOOP_CONFIGURE");
    close(device);
  }
  fail("no free loop device");
  return -1;
}

static void mount_tmp(const struct order *order) {
  const char *place = in_root(order, "/tmp");
  if (order->tmp_is_image) {
    char name[32];
    int device = attach_image(order->tmp, name, sizeof name);
    check(mount(name, place, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME, "noinit_itable"), "mounting the image of /tmp");
    close(device);
  } else {
    check(mount(order->tmp, place, NULL, MS_BIND, NULL), order->tmp);
    check(mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL), order->tmp);
  }
  check(chown(place, order->uid, order->uid), "chown of /tmp");
  check(chmod(place, 0700), "chmod of /tmp");
}

static void mount_all(const struct order *order) {
  for (unsigned at = 0; at < order->mount_count; at++) {
    const struct order_mount *wanted = &order->mounts[at];
    const char *place = in_root(order, wanted->place);
    if (wanted->kind == mount_tmpfs) {
      check(mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, wanted->source), wanted->place);
      continue;
    }
    if (!strncmp(wanted->place, "/tmp/", 5) || !strncmp(wanted->place, "/mnt/", 5)) make_folder(place);
    check(mount(wanted->source, place, NULL, MS_BIND, NULL), wanted->source);
    /* A bind mount takes its options only when it is there. */
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | (wanted->kind == mount_read_only ? MS_RDONLY : 0);
    check(mount(NULL, place, NULL, flags, NULL), wanted->source);
  }
}

/* After this nothing else of the machine has a name. */
static void enter_root(const struct order *order) {
  check(mount("proc", in_root(order, "/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2"), "proc");
  check(chdir(order->root), order->root);
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", MNT_DETACH), "umount of the old root");
  check(chdir("/var/task"), "/var/task");
}

static void set_limit(int resource, rlim_t value) {
  struct rlimit limit = {value, value};
  check(setrlimit(resource, &limit), "setrlimit");
}

/* The bounding set is what programs can gain when they run, the inheritable set what they can keep. */
static void drop_capabilities(void) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP");
}

static void become_user(const struct order *order) {
  set_limit(RLIMIT_NOFILE, order->descriptors);
  set_limit(RLIMIT_NPROC, order->processes);
  set_limit(RLIMIT_CORE, 0);
  drop_capabilities();
  check(setgroups(order->group_count, order->groups), "setgroups");
  check(setresgid(order->uid, order->uid, order->uid), "setresgid");
  check(setresuid(order->uid, order->uid, order->uid), "setresuid");
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  check(syscall(SYS_capset, &header, none), "capset");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  /* Last, because a change of user takes it away. */
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
}

/* The leader's child in the sandbox: completes the root, goes in there, gives up every right, and becomes the program. */
static void become_program(struct order *order) {
  close(network_descriptor);
  mount_tmp(order);
  mount_all(order);
  check(sethostname("localhost", 9), "sethostname");
  enter_root(order);
  int null = open("/dev/null", O_RDONLY);
  check(null, "/dev/null");
  check(dup2(null, 0), "dup2");
  if (null > 0) close(null);
  if (!order->has_frames) close(frames_descriptor);
  umask(0022);
  become_user(order);
  if (order->filter_count > 0) {
    struct sock_fprog filter = {order->filter_count, order->filter};
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
  }
  execve(order->arguments[0], order->arguments, order->variables);
  int reason = errno;
  if (reason == ENOEXEC) {
    /* A script that does not say what runs it: as shells do. `arguments` has room for one more in front. */
    order->arguments[-1] = (char *)"/bin/sh";
    execve("/bin/sh", order->arguments - 1, order->variables);
  }
  dprintf(2, "%s: %s\n", order->arguments[0], strerror(reason));
  _exit(reason == ENOENT ? 127 : 126);
}

/*
 * The first process of a process namespace: signals do not end it, orphans become its children, and everything in there ends with it. It does nothing
 * but wait for its own end, which is that of the leader; `leader` becomes readable then.
 */
static void be_first(int leader) {
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  struct pollfd ended = {.fd = leader, .events = POLLIN};
  /* Who is gone already sends nothing any more. */
  if (poll(&ended, 1, 0) != 0) _exit(failed_status);
  signal(SIGCHLD, SIG_IGN);
  drop_capabilities();
  close_range(0, ~0U, 0);
  for (;;) pause();
}

static void lead(pid_t program) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  check(null, "/dev/null");
  /* The output is at its end when the program's is. */
  for (int descriptor = 0; descriptor <= network_descriptor; descriptor++) dup2(null, descriptor);
  int status = 0;
  while (waitpid(program, &status, 0) < 0)
    if (errno != EINTR) _exit(failed_status);
  if (WIFSIGNALED(status)) {
    set_limit(RLIMIT_CORE, 0);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : failed_status);
}

int main(void) {
  static char bytes[order_max_bytes];
  static struct order order;
  size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < sizeof bytes; size += (size_t)count) {
    count = read(0, bytes + size, sizeof bytes - size);
    check(count, "reading the order");
  }
  const char *complaint = parse_order(bytes, size, &order);
  if (complaint) {
    dprintf(2, "the order cannot be read: %s\n", complaint);
    return failed_status;
  }
  /* When the supervisor is gone nothing shall stay. */
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  if (getppid() != order.supervisor) return failed_status;
  int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  check(self, "pidfd_open");
  enter_groups(&order);
  int holder = open(order.holder, O_RDONLY | O_CLOEXEC);
  check(holder, order.holder);
  check(setns(network_descriptor, CLONE_NEWNET), "setns of the network");
  check(setns(holder, CLONE_NEWNS), "setns of the files");
  check(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID), "unshare");
  check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "making the mounts private");
  pid_t first = fork();
  check(first, "fork");
  if (first == 0) be_first(self);
  pid_t program = fork();
  check(program, "fork");
  if (program == 0) become_program(&order);
  lead(program);
}
