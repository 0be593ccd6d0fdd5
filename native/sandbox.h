/*
 * The steps from a process of root's to one in a sandbox, as the launcher and the fork servers take them: control groups, a /proc of its own, a user
 * without rights, a filter on its system calls. Each ends the process at the first thing that fails, with status 125 and a line that says what. Nothing
 * is allocated.
 */
#ifndef PILOTLIGHT_SANDBOX_H
#define PILOTLIGHT_SANDBOX_H
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

/* The sandbox's root is the root already; its processes are to be seen in there, and no others. */
static inline void complete_root(const char *proc_options) {
  check(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, proc_options), "proc");
  check(chdir("/var/task"), "/var/task");
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

/* What programs can gain when they run. The kernel makes new credentials for each that is dropped: so a fork server, which runs none any more, does it for its forks. */
static inline void drop_bounding_set(void) {
  int is_there;
  for (int capability = 0; (is_there = prctl(PR_CAPBSET_READ, capability, 0, 0, 0)) >= 0; capability++)
    if (is_there) check(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP");
}

static inline void drop_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  check(syscall(SYS_capset, &header, none), "capset");
}

/*
 * A process that wakes up waits for those that run, instead of taking the processor from the supervisor in the middle of the write that woke it. Where this is
 * refused everything works, only slower.
 */
static inline void wake_politely(void) {
  const struct sched_param none = {0};
  (void)sched_setscheduler(0, SCHED_BATCH, &none);
}

/* Gives up every right, for good: what follows is a function's. */
static inline void become_user(const struct order *order) {
  umask(0022);
  set_limit(RLIMIT_NOFILE, order->descriptors);
  set_limit(RLIMIT_NPROC, order->processes);
  set_limit(RLIMIT_CORE, 0);
  wake_politely();
  drop_bounding_set();
  check(setgroups(order->group_count, order->groups), "setgroups");
  check(setresgid(order->uid, order->uid, order->uid), "setresgid");
  check(setresuid(order->uid, order->uid, order->uid), "setresuid");
  drop_capabilities();
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  /* Last, because a change of user takes it away. */
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  if (order->filter_count == 0) return;
  struct sock_fprog filter = {order->filter_count, (struct sock_filter *)order->filter};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
}
#endif
