/*
 * What a launch hangs up in its root. The template's namespace has that root already and knows nothing else of the machine: so each mount is made here,
 * where the machine's files can be seen, as one without a place, and gets its place over there. Nothing is mounted twice, nothing is unmounted, and nobody
 * changes his root, for which the kernel would have to look through all processes of the machine.
 *
 * https://man7.org/linux/man-pages/man2/open_tree.2.html, fsopen.2.html, mount_setattr.2.html, move_mount.2.html; Linux 5.12
 */
#ifndef PILOTLIGHT_MOUNTS_H
#define PILOTLIGHT_MOUNTS_H
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include "sandbox.h"

/* <linux/mount.h> and <asm-generic/unistd.h>, which older headers lack. The numbers are the same on all processors. */
enum {
  call_open_tree = 428,
  call_move_mount = 429,
  call_fsopen = 430,
  call_fsconfig = 431,
  call_fsmount = 432,
  call_mount_setattr = 442,
  clone_of_tree = 1,
  tree_closes_on_exec = O_CLOEXEC,
  closes_on_exec = 1,
  from_empty_path = 4,
  set_flag = 0,
  set_string = 1,
  create_superblock = 6,
};

enum mount_attribute { is_read_only = 1, has_no_set_uid = 2, has_no_devices = 4, runs_nothing = 8, keeps_no_access_times = 16 };

/* struct mount_attr */
struct mount_change {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t user_namespace;
};

/* Of this launch, in its order's sequence: what has no place yet. 0 for what is made in its place. */
struct detached_mounts {
  int tmp;
  int others[order_max_mounts];
};

/* The file or folder of that descriptor, or at that path below it, as a mount that nobody else sees or shares. */
static inline int detach(int folder, const char *path, uint64_t attributes) {
  int tree = (int)syscall(call_open_tree, folder, path, clone_of_tree | tree_closes_on_exec | (*path ? 0 : AT_EMPTY_PATH));
  check(tree, path);
  /* A copy of a mount that is shared would be shared; and programs run in there, however the machine has mounted it. */
  struct mount_change change = {.set = attributes, .clear = runs_nothing, .propagation = MS_PRIVATE};
  check(syscall(call_mount_setattr, tree, "", AT_EMPTY_PATH, &change, sizeof change), path);
  return tree;
}

static inline void attach(int tree, const char *place) {
  check(syscall(call_move_mount, tree, "", AT_FDCWD, place, from_empty_path), place);
  close(tree);
}

/*
 * The number of a loop device that is probably free, and then of that which was taken. To be told of one (LOOP_CTL_GET_FREE) makes the kernel look through all
 * devices: that is done only where the guess is wrong, because others use loop devices, too.
 */
typedef int loop_number;

/* A device that shows the file; -1 if it is somebody else's. Its name in `name`. */
static inline int configure_loop(int control, loop_number number, int file, const char *image, char *name, size_t size) {
  snprintf(name, size, "/dev/loop%d", number);
  int device = open(name, O_RDWR | O_CLOEXEC);
  if (device < 0 && errno == ENOENT) {
    if (ioctl(control, LOOP_CTL_ADD, number) < 0 && errno != EEXIST) return -1;
    device = open(name, O_RDWR | O_CLOEXEC);
  }
  if (device < 0) return -1;
  struct loop_config config = {.fd = file, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
  snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", image);
  if (ioctl(device, LOOP_CONFIGURE, &config) == 0) return device;
  int reason = errno;
  close(device);
  errno = reason;
  return -1;
}

/* A loop device that shows the image as a disk, and is gone when nobody uses it any more. */
static inline int attach_image(const char *image, char *name, size_t size, loop_number *number) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int file = open(image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  check(control, "/dev/loop-control");
  check(file, image);
  int device = *number < 0 ? -1 : configure_loop(control, *number, file, image, name, size);
  for (int attempt = 0; device < 0 && attempt < 64; attempt++) {
    *number = ioctl(control, LOOP_CTL_GET_FREE);
    check(*number, "LOOP_CTL_GET_FREE");
    device = configure_loop(control, *number, file, image, name, size);
    /* Somebody was quicker. */
    if (device < 0 && errno != EBUSY) fail(name);
  }
  check(device, "no free loop device");
  close(file);
  close(control);
  return device;
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

/*
 * Nothing that needs no doing is done: no work in the background, and nothing is on the machine's disk before the kernel goes on, since what lies in there ends with
 * the environment.
 */
static inline int mount_image(const char *device) {
  int context = (int)syscall(call_fsopen, "ext4", closes_on_exec);
  check(context, "fsopen");
  check(syscall(call_fsconfig, context, set_string, "source", device, 0), "the image of /tmp");
  static const char *const savings[] = {"noinit_itable", "no_prefetch_block_bitmaps", "nobarrier"};
  for (unsigned at = 0; at < sizeof savings / sizeof *savings; at++)
    check(syscall(call_fsconfig, context, set_flag, savings[at], NULL, 0), savings[at]);
  check(syscall(call_fsconfig, context, create_superblock, NULL, NULL, 0), "mounting the image of /tmp");
  int tree = (int)syscall(call_fsmount, context, closes_on_exec, has_no_set_uid | has_no_devices | keeps_no_access_times);
  check(tree, "mounting the image of /tmp");
  close(context);
  return tree;
}

static inline int detach_tmp(const struct order *order, loop_number *loop) {
  if (order->tmp_template) copy_image(order->tmp_template, order->tmp);
  if (!order->tmp_is_image) return detach(AT_FDCWD, order->tmp, has_no_set_uid | has_no_devices);
  char name[32];
  int device = attach_image(order->tmp, name, sizeof name, loop);
  int tree = mount_image(name);
  close(device);
  return tree;
}

static inline void detach_others(const struct order *order, struct detached_mounts *mounts) {
  for (unsigned at = 0; at < order->mount_count; at++) {
    const struct order_mount *wanted = &order->mounts[at];
    if (wanted->kind == mount_tmpfs) continue;
    mounts->others[at] = detach(AT_FDCWD, wanted->source, has_no_set_uid | has_no_devices | (wanted->kind == mount_read_only ? is_read_only : 0));
  }
}

static inline void make_one_folder(const char *path) {
  struct stat status;
  if (mkdir(path, 0755) == 0) return;
  if (errno != EEXIST) fail(path);
  check(lstat(path, &status), path);
  errno = ENOTDIR;
  if (!S_ISDIR(status.st_mode)) fail(path);
}

/* A place with its parents, as mkdir -p does, but not by way of a link, which a function before may have left in its /tmp. */
static inline void make_folder(const char *place) {
  char part[4096];
  errno = ENAMETOOLONG;
  check(snprintf(part, sizeof part, "%s", place) < (int)sizeof part ? 0 : -1, place);
  for (char *at = part + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    make_one_folder(part);
    *at = '/';
  }
  make_one_folder(part);
}

/*
 * A file that has a name for this moment only, in the template's file system for such. That one lies on /proc, where nobody can see it any more as soon as the
 * sandbox has a /proc of its own (template-roots.ts).
 */
static inline void attach_passwd(const struct order *order) {
  if (!order->passwd) return;
  char name[32];
  snprintf(name, sizeof name, "/proc/%u", (unsigned)order->uid);
  int passwd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  check(passwd, "a file for /etc/passwd");
  ssize_t size = (ssize_t)strlen(order->passwd);
  if (write(passwd, order->passwd, (size_t)size) != size) fail("/etc/passwd");
  attach(detach(passwd, "", is_read_only | has_no_set_uid | has_no_devices), "/etc/passwd");
  check(unlink(name), name);
  close(passwd);
}

static inline void attach_others(const struct order *order, const struct detached_mounts *mounts) {
  for (unsigned at = 0; at < order->mount_count; at++) {
    const struct order_mount *wanted = &order->mounts[at];
    if (wanted->kind == mount_tmpfs) {
      check(mount("tmpfs", wanted->place, "tmpfs", MS_NOSUID | MS_NODEV, wanted->source), wanted->place);
      continue;
    }
    if (!strncmp(wanted->place, "/tmp/", 5) || !strncmp(wanted->place, "/mnt/", 5)) make_folder(wanted->place);
    attach(mounts->others[at], wanted->place);
  }
}

/* In the sandbox's own mount namespace, where the template's root is the root. */
static inline void attach_all(const struct order *order, const struct detached_mounts *mounts) {
  if (mounts->tmp > 0) {
    attach(mounts->tmp, "/tmp");
    check(chown("/tmp", order->uid, order->uid), "chown of /tmp");
    check(chmod("/tmp", 0700), "chmod of /tmp");
  }
  attach_passwd(order);
  attach_others(order, mounts);
}
#endif
