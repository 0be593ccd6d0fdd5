/*
 * The steps from a process of root's to one in a sandbox, as the launcher and the fork servers take them: control groups, a root of its own, a user
 * without rights, a filter on its system calls. Each ends the process at the first thing that fails, with status 125 and a line that says what. Nothing
 * is allocated.
 */
#ifndef PILOTLIGHT_SANDBOX_H
#define PILOTLIGHT_SANDBOX_H
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "order.h"

enum { frames_descriptor = 3, failed_status = 125 };

static inline void fail(const char *what) {
  dprintf(2, "%s: %s\n", what, strerror(errno));
  _exit(failed_status);
}

static inline void check(long result, const char *what) {
  if (result < 0) fail(what);
}

/* The path of a place in the root that is being put together. */
static inline const char *in_root(const struct order *order, const char *place) {
  static char path[4096];
  if ((size_t)snprintf(path, sizeof path, "%s%s", order->root, place) >= sizeof path) {
    errno = ENAMETOOLONG;
    fail(place);
  }
  return path;
}

static inline void make_one_folder(const char *path) {
  struct stat status;
  if (mkdir(path, 0755) == 0) return;
  if (errno != EEXIST) fail(path);
  check(lstat(path, &status), path);
  errno = ENOTDIR;
  if (!S_ISDIR(status.st_mode)) fail(path);
}

/* A place in the root with its parents, as mkdir -p does, but not by way of a link, which a function before may have left in its /tmp. */
static inline void make_folder(const struct order *order, const char *place) {
  char part[4096];
  check(snprintf(part, sizeof part, "%s", in_root(order, place)) < (int)sizeof part ? 0 : -1, place);
  for (char *at = part + strlen(order->root) + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    make_one_folder(part);
    *at = '/';
  }
  make_one_folder(part);
}

/* What a process writes 0 into to enter the control groups, it and its children. Opened where the groups can be seen. */
static inline void open_doors(const struct order *order, int *doors) {
  for (unsigned at = 0; at < order->door_count; at++) {
    doors[at] = open(order->doors[at], O_WRONLY | O_CLOEXEC);
    check(doors[at], order->doors[at]);
  }
}

static inline void enter_groups(const struct order *order, const int *doors) {
  for (unsigned at = 0; at < order->door_count; at++) check(write(doors[at], "0", 1), order->doors[at]);
}

/* When the machine's memory runs out, the kernel is to end functions before others. Where that cannot be said, it is not. */
static inline void be_dispensable(void) {
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score < 0) return;
  if (write(score, "500", 3) < 0) errno = 0;
  close(score);
}

/* A loop device that shows the image as a disk, and is gone when nobody uses it any more. Its descriptor, and its name in `name`. */
static inline int attach_image(const char *image, char *name, size_t size) {
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

/* Copies what is not empty of an image, which is little. The folder of the copy is made with it. */
static inline void copy_image(const char *from, const char *to) {
  char folder[4096];
  const char *name = strrchr(to, '/');
  check(name && (size_t)snprintf(folder, sizeof folder, "%.*s", (int)(name - to), to) < sizeof folder ? 0 : -1, to);
  if (mkdir(folder, 0700) < 0 && errno != EEXIST) fail(folder);
  int source = open(from, O_RDONLY | O_CLOEXEC);
  check(source, from);
  int copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  check(copy, to);
  struct stat status;
  check(fstat(source, &status), from);
  check(ftruncate(copy, status.st_size), to);
  for (off_t at = 0, end; (at = lseek(source, at, SEEK_DATA)) >= 0; at = end) {
    end = lseek(source, at, SEEK_HOLE);
    check(lseek(copy, at, SEEK_SET), to);
    while (at < end)
      if (sendfile(copy, source, &at, (size_t)(end - at)) <= 0) fail(to);
  }
  close(source);
  close(copy);
}

static inline void mount_tmp(const struct order *order) {
  const char *place = in_root(order, "/tmp");
  if (order->tmp_template) copy_image(order->tmp_template, order->tmp);
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

/* A file in a file system of its own, which has no place but this one. */
static inline void mount_passwd(const struct order *order) {
  if (!order->passwd) return;
  char file[4096];
  check(snprintf(file, sizeof file, "%s/passwd", in_root(order, "/mnt")) < (int)sizeof file ? 0 : -1, order->root);
  check(mount("tmpfs", in_root(order, "/mnt"), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=4k"), "the file system of /etc/passwd");
  int passwd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  check(passwd, file);
  ssize_t size = (ssize_t)strlen(order->passwd);
  if (write(passwd, order->passwd, (size_t)size) != size) fail(file);
  close(passwd);
  check(mount(file, in_root(order, "/etc/passwd"), NULL, MS_BIND, NULL), "/etc/passwd");
  check(mount(NULL, in_root(order, "/etc/passwd"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL), "/etc/passwd");
  check(umount2(in_root(order, "/mnt"), MNT_DETACH), "/mnt");
}

static inline void mount_all(const struct order *order) {
  for (unsigned at = 0; at < order->mount_count; at++) {
    const struct order_mount *wanted = &order->mounts[at];
    const char *place = in_root(order, wanted->place);
    if (wanted->kind == mount_tmpfs) {
      check(mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, wanted->source), wanted->place);
      continue;
    }
    if (!strncmp(wanted->place, "/tmp/", 5) || !strncmp(wanted->place, "/mnt/", 5)) make_folder(order, wanted->place);
    check(mount(wanted->source, place, NULL, MS_BIND, NULL), wanted->source);
    /* A bind mount takes its options only when it is there. */
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | (wanted->kind == mount_read_only ? MS_RDONLY : 0);
    check(mount(NULL, place, NULL, flags, NULL), wanted->source);
  }
}

/* After this nothing else of the machine has a name. */
static inline void enter_root(const struct order *order, const char *proc_options) {
  check(mount("proc", in_root(order, "/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, proc_options), "proc");
  check(chdir(order->root), order->root);
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", MNT_DETACH), "umount of the old root");
  check(chdir("/var/task"), "/var/task");
}

/* Completes the root with what is this launch's own, and goes in there. */
static inline void enter_own_root(const struct order *order) {
  mount_tmp(order);
  mount_passwd(order);
  mount_all(order);
  check(sethostname("localhost", 9), "sethostname");
  enter_root(order, "hidepid=2");
}

/* Standard input is empty. */
static inline void read_nothing(void) {
  int null = open("/dev/null", O_RDONLY);
  check(null, "/dev/null");
  check(dup2(null, 0), "dup2");
  if (null > 0) close(null);
}

static inline void set_limit(int resource, rlim_t value) {
  struct rlimit limit = {value, value};
  check(setrlimit(resource, &limit), "setrlimit");
}

/* The bounding set is what programs can gain when they run, the inheritable set what they can keep. */
static inline void drop_capabilities(void) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP");
}

/* Gives up every right, for good: what follows is a function's. */
static inline void become_user(const struct order *order) {
  umask(0022);
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
  if (order->filter_count == 0) return;
  struct sock_fprog filter = {order->filter_count, (struct sock_filter *)order->filter};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
}


#endif
