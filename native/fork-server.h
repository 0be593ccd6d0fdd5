/*
 * The part of a fork server that is the same for all languages: waits for requests (fork-request.h), forks the process that has loaded interpreter and
 * bootstrap, and lets each fork enter its sandbox, as far as the launcher's leader has made it. Runs as root and never runs a line of a customer's; a fork
 * has given up every right before it returns from here. See docs/decisions/0013-fork-servers.md.
 */
#ifndef PILOTLIGHT_FORK_SERVER_H
#define PILOTLIGHT_FORK_SERVER_H
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/wait.h>
#include "fork-request.h"
#include "images.h"
#include "messages.h"
#include "sandbox.h"

enum {
  requests_descriptor = 3,
  ready_descriptor = 4,
  /* More than the supervisor asks for. */
  max_forks = 1024,
  /* Descriptors of the interpreter's own are below. */
  max_own_descriptors = 128,
};

/* By its place, which its event carries; free where `pid` is 0. */
static struct fork_of_ours {
  pid_t pid;
  int self;
  int status;
} forks[max_forks];
static unsigned fork_count;

/* What the interpreter had open before it became a server, its event loops' descriptors: 0 where there was none. */
static ino_t own[max_own_descriptors];

/* What an open descriptor leads to; 0 for one that is not open. */
static ino_t behind(int descriptor) {
  struct stat found;
  return fstat(descriptor, &found) < 0 ? 0 : found.st_ino;
}

static void remember_own_descriptors(void) {
  for (int descriptor = ready_descriptor + 1; descriptor < max_own_descriptors; descriptor++) own[descriptor] = behind(descriptor);
}

/*
 * In the fork: the server's and its other forks' descriptors are closed, but for those up to `kept`, which are the fork's own. Those of the interpreter, which the server and all forks would share, lead nowhere
 * from now on; they keep their numbers, because the interpreter believes that they are there. What it has made anew as it was forked is the fork's own.
 */
static void let_go_of_server(int kept) {
  int low = open("/dev/null", O_RDWR | O_CLOEXEC);
  check(low, "/dev/null");
  /* Above all that are closed one by one. */
  int null = fcntl(low, F_DUPFD_CLOEXEC, max_own_descriptors);
  check(null, "/dev/null");
  close(low);
  for (int descriptor = kept + 1; descriptor < max_own_descriptors; descriptor++) {
    int from = descriptor;
    while (descriptor < max_own_descriptors && own[descriptor] == 0) descriptor++;
    if (descriptor > from) close_range((unsigned)from, (unsigned)descriptor - 1, 0);
    if (descriptor < max_own_descriptors && behind(descriptor) == own[descriptor]) check(dup3(null, descriptor, O_CLOEXEC), "dup3");
  }
  close_range(max_own_descriptors, ~0U, 0);
}

/* The fork, from the server's privileges to a function's. */
static void enter_sandbox(const struct order *order, const struct message *request) {
  const int *given = request->descriptors;
  enum { all = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP };
  /* Nobody shall reach the server and its other forks by a signal to the group. */
  check(setsid(), "setsid");
  check(dup2(given[request_output], 1), "dup2");
  check(dup2(given[request_errors], 2), "dup2");
  check(dup2(given[request_frames], frames_descriptor), "dup2");
  int has_image = order->captures_image || order->restores_image;
  if (has_image) check(dup3(given[request_doors + order->door_count], image_descriptor, O_CLOEXEC), "dup3");
  be_dispensable();
  enter_groups(order, given + request_doors);
  check(setns(given[request_first], all), "setns");
  complete_root("hidepid=2");
  let_go_of_server(has_image ? image_descriptor : frames_descriptor);
  become_user(order);
  /* A change of user makes a process's own files in /proc root's; the kernel undoes that when a program is run, which none is here. */
  check(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "PR_SET_DUMPABLE");
}

static void bury_fork(struct fork_of_ours *gone, int events) {
  int status = 0;
  if (waitpid(gone->pid, &status, WNOHANG) != gone->pid) return;
  if (write(gone->status, &status, sizeof status) < 0) errno = 0;
  epoll_ctl(events, EPOLL_CTL_DEL, gone->self, NULL);
  close(gone->self);
  close(gone->status);
  gone->pid = 0;
  fork_count--;
}

/* Takes over the request's descriptor of the status. */
static void watch_fork(pid_t pid, struct message *request, int events) {
  unsigned at = 0;
  while (forks[at].pid) at++;
  struct fork_of_ours *made = &forks[at];
  made->pid = pid;
  made->self = (int)syscall(SYS_pidfd_open, pid, 0);
  made->status = fcntl(request->descriptors[request_status], F_DUPFD_CLOEXEC, max_own_descriptors);
  fork_count++;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = at + 1};
  if (made->self >= 0 && made->status >= 0 && epoll_ctl(events, EPOLL_CTL_ADD, made->self, &event) == 0) return;
  /* One whose end nobody would see. */
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  if (made->self >= 0) close(made->self);
  if (made->status >= 0) close(made->status);
  made->pid = 0;
  fork_count--;
}

/* Whether this is the fork now. */
static int fork_for(struct message *request, int events) {
  static struct order order;
  memset(&order, 0, sizeof order);
  if (parse_order(request->bytes, request->size, &order) || request->descriptor_count != request_doors + order.door_count + (order.captures_image || order.restores_image)) return 0;
  pid_t pid = fork_count == max_forks || setns(request->descriptors[request_first], CLONE_NEWPID) < 0 ? -1 : fork();
  if (pid == 0) {
    enter_sandbox(&order, request);
    if (order.restores_image) restore_image();
    return 1;
  }
  if (pid > 0) watch_fork(pid, request, events);
  else dprintf(request->descriptors[request_errors], "the fork server: %s\n", strerror(errno));
  return 0;
}

/*
 * Returns in each fork, in its sandbox, without any right; never in the server, which ends when there are no requests any more and its forks have ended.
 */
static void serve_forks(void) {
  static char bytes[order_max_bytes];
  struct rlimit limit;
  check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  drop_bounding_set();
  remember_own_descriptors();
  prepare_images();
  int events = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 0};
  check(events, "epoll_create1");
  check(epoll_ctl(events, EPOLL_CTL_ADD, requests_descriptor, &event), "epoll_ctl");
  check(write(ready_descriptor, "1", 1), "telling that the fork server is ready");
  for (int is_wanted = 1; is_wanted || fork_count > 0;) {
    if (epoll_wait(events, &event, 1, -1) < 1) continue;
    if (event.data.u32 > 0) {
      bury_fork(&forks[event.data.u32 - 1], events);
      continue;
    }
    struct message request = {.bytes = bytes, .size = sizeof bytes};
    int received = receive_message(requests_descriptor, &request);
    if (received > 0 && fork_for(&request, events)) return;
    if (received >= 0) close_descriptors(&request);
    if (received != 0) continue;
    is_wanted = 0;
    epoll_ctl(events, EPOLL_CTL_DEL, requests_descriptor, NULL);
  }
  _exit(0);
}

/* For generators that a fork must not go on with where its siblings do: 31 bits, never 0. */
static inline int fresh_seed(void) {
  unsigned seed = 0;
  check(getrandom(&seed, sizeof seed, 0), "getrandom");
  return (int)(seed >> 1 | 1);
}
#endif
