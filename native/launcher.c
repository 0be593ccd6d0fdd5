/*
 * Starts programs in sandboxes: what launch-script.ts does with a chain of a dozen programs, in one. The supervisor starts it once and sends it orders
 * (order.h); it is small, so that it forks in a tenth of a millisecond however large the supervisor is. For each order there is a leader that waits
 * outside of the sandbox and ends as the program ends: with its status, or by its signal.
 *
 * Descriptors: 3, a socket of messages, each a number that names the launch and an order, with the descriptors that the order tells of: standard output and
 * error, frames, the network namespace. 4, a stream of reports.
 *
 * It runs as root and is trusted; what it reads comes from the supervisor, but names files that customers can name. It allocates nothing. A leader ends at
 * the first thing that fails, with status 125 and a line in the program's errors that says what.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include "fork-request.h"
#include "messages.h"
#include "mounts.h"

enum { orders_descriptor = 3, reports_descriptor = 4, max_launches = 16 * 1024, max_servers = 256 };

/* Where a leader has them. */
enum { network_descriptor = 4, server_descriptor = 5, memory_descriptor = 6 };

enum report_kind { report_started = 1, report_ended = 2, report_refused = 3 };

struct report {
  uint32_t launch;
  uint32_t kind;
  /* The leader's process id; its status, as waitpid gives it. */
  int32_t value;
};

/* A place is free while it has no leader; those from `launch_places` on have never been taken. */
static struct {
  pid_t leader;
  uint32_t launch;
} launches[max_launches];
static unsigned launch_places;

/* Which loop devices launches took; written by their leaders. */
static struct {
  loop_number highest;
  /* By their places; -1 for none. */
  loop_number by[max_launches];
} *taken_loops;

/* Devices that have been let go of, in that order: what was first is most certainly free by now. */
static struct {
  loop_number numbers[max_launches];
  unsigned first, count;
} free_loops;

/* Nobody was told to take that one or a higher one. */
static loop_number next_loop;

/* By their numbers: where requests to fork are sent. */
static int servers[max_servers];

static void report(uint32_t launch, enum report_kind kind, int value) {
  struct report report = {launch, kind, value};
  if (write(reports_descriptor, &report, sizeof report) != sizeof report) _exit(0);
}

/* The leader's child in the sandbox: completes the root, gives up every right, and becomes the program. */
static void become_program(struct order *order) {
  close(network_descriptor);
  complete_root("hidepid=2");
  read_nothing();
  if (!order->has_frames) close(frames_descriptor);
  become_user(order);
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
  /* It runs no program, and could gain nothing by one. */
  drop_capabilities();
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
  close_range(0, ~0U, 0);
  for (;;) pause();
}

/* Ends as the program ended. */
static void end_alike(int status) {
  if (WIFSIGNALED(status)) {
    set_limit(RLIMIT_CORE, 0);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : failed_status);
}

/* Of what a leader has open, nothing but `kept` stays: the output is at its end when the program's is. */
static void let_go(unsigned kept) {
  close_range(0, kept - 1, 0);
  close_range(kept + 1, ~0U, 0);
}

static void lead(pid_t program) {
  close_range(0, ~0U, 0);
  int status = 0;
  while (waitpid(program, &status, 0) < 0)
    if (errno != EINTR) _exit(failed_status);
  end_alike(status);
}

/* The program is a fork of the server's, which tells of its end. */
static void lead_forked(const struct order *order, char *bytes, size_t size, pid_t first, const int *doors) {
  int ends[2];
  check(pipe2(ends, O_CLOEXEC), "pipe");
  struct message request = {.bytes = bytes, .size = size, .descriptor_count = request_doors + order->door_count};
  request.descriptors[request_first] = (int)syscall(SYS_pidfd_open, first, 0);
  check(request.descriptors[request_first], "pidfd_open");
  request.descriptors[request_output] = 1;
  request.descriptors[request_errors] = 2;
  request.descriptors[request_frames] = frames_descriptor;
  request.descriptors[request_status] = ends[1];
  memcpy(request.descriptors + request_doors, doors, sizeof(int) * order->door_count);
  if (order->captures_image || order->restores_image) request.descriptors[request.descriptor_count++] = memory_descriptor;
  check(send_message(server_descriptor, &request), "asking the fork server");
  let_go((unsigned)ends[0]);
  int status = 0;
  ssize_t count;
  while ((count = read(ends[0], &status, sizeof status)) < 0)
    if (errno != EINTR) _exit(failed_status);
  end_alike(count == sizeof status ? status : SIGKILL);
}

/* Whoever reads the variables of the leader, or of the sandbox's first process, sees it: the supervisor, after a start over. */
static void wear_marker(const char *marker) {
  char *place = getenv("PILOTLIGHT_ENVIRONMENT");
  if (!place || !marker || strlen(marker) > strlen(place)) return;
  memset(place, 0, strlen(place));
  memcpy(place, marker, strlen(marker));
}

/*
 * Who takes on an image shall have another number than the process that left it: by that OpenSSL sees that its random numbers must not go on where that one's
 * did. Children of it get higher ones, so that none has that number either.
 */
static void use_up_number(void) {
  pid_t nobody = fork();
  check(nobody, "fork");
  if (nobody == 0) _exit(0);
  waitpid(nobody, NULL, 0);
}

/* Into a copy of the template's mount namespace, and others of one's own: after this nothing else of the machine has a name. */
static void leave_machine(const struct order *order, int others) {
  int holder = open(order->holder, O_RDONLY | O_CLOEXEC);
  check(holder, order->holder);
  check(setns(holder, CLONE_NEWNS), "setns of the files");
  check(unshare(CLONE_NEWNS | others), "unshare");
  check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "making the mounts private");
  close(holder);
}

static void be_leader(struct order *order, char *bytes, size_t size, loop_number *loop) {
  static int doors[order_max_doors];
  static struct detached_mounts mounts;
  /* When the launcher is gone nothing shall stay. */
  pid_t launcher = getppid();
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  if (getppid() != launcher) _exit(failed_status);
  int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  check(self, "pidfd_open");
  wear_marker(order->marker);
  be_dispensable();
  open_doors(order, doors);
  mounts.tmp = detach_tmp(order, loop);
  if (*loop > taken_loops->highest) taken_loops->highest = *loop;
  detach_others(order, &mounts);
  /* After that: what the kernel keeps of the machine's disk for its own use would count as this group's, and keep the group itself, long after it was removed. */
  enter_groups(order, doors);
  if (order->has_network) check(setns(network_descriptor, CLONE_NEWNET), "setns of the network");
  leave_machine(order, CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID);
  attach_all(order, &mounts);
  check(sethostname("localhost", 9), "sethostname");
  pid_t first = fork();
  check(first, "fork");
  if (first == 0) be_first(self);
  if (order->restores_image) use_up_number();
  if (order->forked_by) lead_forked(order, bytes, size, first, doors);
  pid_t program = fork();
  check(program, "fork");
  if (program == 0) become_program(order);
  lead(program);
}

/*
 * Rings of io_uring are memory that a process shares with the kernel, and a fork with its server: what a function writes there, the server would ask the
 * kernel for, as root. An event loop does without them if it must.
 */
static void do_without_rings(void) {
  struct sock_filter instructions[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
}

/*
 * A fork server sees what its functions see, and nothing else; but it is root, in the process namespace of the machine, because its forks have to enter
 * sandboxes. Its descriptor 3 is where requests come from; 4, by which it tells the supervisor that it is ready.
 */
static void become_server(struct order *order) {
  static struct detached_mounts mounts;
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  detach_others(order, &mounts);
  leave_machine(order, CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET);
  attach_all(order, &mounts);
  complete_root(NULL);
  do_without_rings();
  umask(0022);
  execve(order->arguments[0], order->arguments, order->variables);
  fail(order->arguments[0]);
}

/* In the child: puts the descriptors where they belong, and closes the others. All that come are above those places. */
static void place_descriptors(const struct message *message, const struct order *order, int server) {
  const int *given = message->descriptors;
  read_nothing();
  check(dup2(given[0], 1), "dup2");
  check(dup2(given[1], 2), "dup2");
  unsigned next = 2;
  int frames = order->has_frames ? given[next++] : 0;
  if (order->becomes_server) {
    check(dup2(server, 3), "dup2");
    check(dup2(frames, 4), "dup2");
    close_range(5, ~0U, 0);
    return;
  }
  check(dup2(frames, frames_descriptor), "dup2");
  check(dup2(order->has_network ? given[next] : 0, network_descriptor), "dup2");
  if (server >= 0) check(dup2(server, server_descriptor), "dup2");
  next += order->has_network != 0;
  int last = server >= 0 ? server_descriptor : network_descriptor;
  if (order->captures_image || order->restores_image) check(dup2(given[next], last = memory_descriptor), "dup2");
  close_range((unsigned)last + 1, ~0U, 0);
}

/* A socket to the fork server of that number: a new one's, in which case `theirs` is its end, or that of one that runs. -1 if there is none. */
static int server_socket(const struct order *order, int *theirs) {
  unsigned number = order->becomes_server ? order->becomes_server : order->forked_by;
  if (number >= max_servers) return -1;
  if (!order->becomes_server) return servers[number] > 0 ? servers[number] : -1;
  int ends[2];
  if (servers[number] > 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
  servers[number] = ends[0];
  *theirs = ends[1];
  return ends[0];
}

static void dismiss_server(unsigned number) {
  if (number >= max_servers || servers[number] <= 0) return;
  close(servers[number]);
  servers[number] = 0;
}

/* Of a launch that begins; max_launches if there are too many. */
static unsigned free_place(void) {
  for (unsigned place = 0; place < launch_places; place++)
    if (launches[place].leader == 0) return place;
  return launch_places == max_launches ? max_launches : launch_places++;
}

/*
 * Not one that was let go of just now: the kernel takes a moment to. A new one only a little above those that were really taken, so that a machine on which that
 * does not work gets no devices without end; -1 for no guess.
 */
static loop_number likely_loop(void) {
  enum { resting = 8, most_ahead = 64 };
  if (next_loop <= taken_loops->highest) next_loop = taken_loops->highest + 1;
  if (free_loops.count <= resting) return next_loop - taken_loops->highest > most_ahead ? -1 : next_loop++;
  loop_number oldest = free_loops.numbers[free_loops.first];
  free_loops.first = (free_loops.first + 1) % max_launches;
  free_loops.count--;
  return oldest;
}

static void return_loop(unsigned place) {
  loop_number number = taken_loops->by[place];
  if (number >= 0 && free_loops.count < max_launches) free_loops.numbers[(free_loops.first + free_loops.count++) % max_launches] = number;
}

/* Whether it was begun. */
static int launch(uint32_t number, struct message *message, const sigset_t *usual_mask) {
  static struct order order;
  memset(&order, 0, sizeof order);
  char *bytes = message->bytes + sizeof number;
  size_t size = message->size - sizeof number;
  if (parse_order(bytes, size, &order)) return 0;
  if (order.becomes_server && order.argument_count == 0) {
    dismiss_server(order.becomes_server);
    return 1;
  }
  unsigned wanted = 2U + (order.has_frames != 0) + (order.has_network != 0) + (unsigned)(order.captures_image + order.restores_image);
  if (message->descriptor_count != wanted) return 0;
  unsigned place = free_place();
  if (place == max_launches) return 0;
  int theirs = -1;
  int server = order.becomes_server || order.forked_by ? server_socket(&order, &theirs) : -1;
  if (server < 0 && (order.becomes_server || order.forked_by)) return 0;
  taken_loops->by[place] = order.tmp_is_image ? likely_loop() : -1;
  pid_t leader = fork();
  if (leader == 0) {
    sigprocmask(SIG_SETMASK, usual_mask, NULL);
    setsid();
    place_descriptors(message, &order, order.becomes_server ? theirs : server);
    if (order.becomes_server) become_server(&order);
    be_leader(&order, bytes, size, &taken_loops->by[place]);
  }
  if (theirs >= 0) close(theirs);
  if (leader < 0) {
    dismiss_server(order.becomes_server);
    return 0;
  }
  launches[place].leader = leader;
  launches[place].launch = number;
  report(number, report_started, leader);
  return 1;
}

static void take_order(const sigset_t *usual_mask) {
  static char bytes[order_max_bytes + sizeof(uint32_t)];
  struct message message = {.bytes = bytes, .size = sizeof bytes};
  int received = receive_message(orders_descriptor, &message);
  /* The supervisor is gone; with us, everything goes. */
  if (received == 0) _exit(0);
  if (received < 0 && errno != EMSGSIZE) fail("reading an order");
  uint32_t number = 0;
  if (message.size >= sizeof number) {
    memcpy(&number, bytes, sizeof number);
    if (received < 0 || !launch(number, &message, usual_mask)) report(number, report_refused, 0);
  }
  close_descriptors(&message);
}

static void bury(void) {
  int status;
  for (pid_t leader; (leader = waitpid(-1, &status, WNOHANG)) > 0;)
    for (unsigned place = 0; place < launch_places; place++) {
      if (launches[place].leader != leader) continue;
      report(launches[place].launch, report_ended, status);
      return_loop(place);
      launches[place].leader = 0;
      break;
    }
}

int main(int argument_count, char **arguments) {
  check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
  if (argument_count != 2 || getppid() != order_number(arguments[1])) return failed_status;
  umask(0022);
  taken_loops = mmap(NULL, sizeof *taken_loops, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (taken_loops == MAP_FAILED) fail("mmap");
  taken_loops->highest = -1;
  sigset_t ends, usual_mask;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  check(sigprocmask(SIG_BLOCK, &ends, &usual_mask), "sigprocmask");
  int ended = signalfd(-1, &ends, SFD_CLOEXEC);
  check(ended, "signalfd");
  struct pollfd sources[] = {{.fd = ended, .events = POLLIN}, {.fd = orders_descriptor, .events = POLLIN}};
  for (;;) {
    if (poll(sources, 2, -1) < 0 && errno != EINTR) fail("poll");
    if (sources[0].revents) {
      struct signalfd_siginfo gone;
      check(read(ended, &gone, sizeof gone), "signalfd");
      bury();
    }
    if (sources[1].revents) take_order(&usual_mask);
  }
}
