/*
 * A fork server's native part for Node.js: an addon by Node-API, one binary for all versions. Node does not support that a process of it is forked; it
 * works when V8 has no threads of its own (--single-threaded), and src/sandbox/fidelity.ts finds out, per version, whether it does.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>
#include <poll.h>
#include <sys/mman.h>
#include <uv.h>
#include "fork-server.h"
#include "trace-variable.h"

/*
 * V8 keeps its heap from forks; here it is to be inherited. Whether there is memory that this process and its forks could both write to: never in the server,
 * because it would be a way from a function into it.
 */
static int inherit_heap(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) fail("/proc/self/maps");
  int shares = 0;
  enum { most = 16 * 1024 };
  static struct { unsigned long from, to; } ranges[most];
  unsigned count = 0;
  char line[4096], rights[8];
  while (count < most && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %7s", &ranges[count].from, &ranges[count].to, rights) != 3) continue;
    if (rights[3] == 'p') count++;
    else if (rights[1] == 'w') shares = 1;
  }
  fclose(maps);
  /* Some of the kernel's own refuse; they need nothing. */
  for (unsigned at = 0; at < count; at++) madvise((void *)ranges[at].from, ranges[at].to - ranges[at].from, MADV_DOFORK);
  return shares;
}

/*
 * A Node with nothing left to do, and each Worker that ends, waits until the platform's threads have done what they were given (DrainTasks); Node 26 gives them something at
 * each collection of garbage. Forks do not have these threads, and V8 does without them (--single-threaded). So what would wait goes on to what
 * does the rest of it: the tasks that are this thread's own. Where these are called something else, nothing is changed, and forks of such a Node may not pass their trial.
 */
static void wait_for_no_threads(void) {
  enum { page_bytes = 4096, jump = 0xe9 };
  unsigned char *wait = dlsym(RTLD_DEFAULT, "_ZN4node12NodePlatform10DrainTasksEPN2v87IsolateE");
  unsigned char *rest = dlsym(RTLD_DEFAULT, "_ZN4node12NodePlatform20FlushForegroundTasksEPN2v87IsolateE");
  if (!wait || !rest) return;
  const int32_t distance = (int32_t)(rest - (wait + 1 + sizeof distance));
  void *page = wait - (uintptr_t)wait % page_bytes;
  if (mprotect(page, 2 * page_bytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return perror("the wait for threads");
  *wait = jump;
  memcpy(wait + 1, &distance, sizeof distance);
  if (mprotect(page, 2 * page_bytes, PROT_READ | PROT_EXEC) != 0) fail("the wait for threads");
}

/* What JavaScript is to know when its process is another one: `{ outcome, seed, pid }`, of which the seed is for its random numbers. */
static napi_value tell(napi_env env, const char *outcome) {
  napi_value result, text, seed, pid;
  if (napi_create_object(env, &result) != napi_ok) _exit(failed_status);
  napi_create_string_utf8(env, outcome, NAPI_AUTO_LENGTH, &text);
  napi_create_int32(env, fresh_seed(), &seed);
  napi_create_int32(env, getpid(), &pid);
  napi_set_named_property(env, result, "outcome", text);
  napi_set_named_property(env, result, "seed", seed);
  napi_set_named_property(env, result, "pid", pid);
  return result;
}

static ssize_t receive_when_there(int descriptor, char *bytes, size_t length) {
  struct pollfd there = {.fd = descriptor, .events = POLLIN};
  ssize_t received;
  do received = poll(&there, 1, -1) < 0 ? -1 : read(descriptor, bytes, length);
  while (received < 0 && errno == EINTR);
  return received;
}

static uv_loop_t *loop_of(napi_env env) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) _exit(failed_status);
  return loop;
}

/* serveForks(): returns in each fork. */
static napi_value serve(napi_env env, napi_callback_info info) {
  (void)info;
  if (inherit_heap()) {
    errno = EINVAL;
    fail("memory that forks would share");
  }
  wait_for_no_threads();
  serve_forks();
  if (uv_loop_fork(loop_of(env)) != 0) _exit(failed_status);
  return tell(env, "forked");
}

/* capture(): see capture_image. libuv's threads take up work only when this one has some; a fork begins without. */
static napi_value capture(napi_env env, napi_callback_info info) {
  (void)info;
  enum { threads_of_uv = 4 };
  inherit_heap();
  const char *outcome = capture_image(threads_of_uv);
  if (outcome == was_restored && uv_loop_fork(loop_of(env)) != 0) _exit(failed_status);
  return tell(env, outcome);
}

/*
 * receive(descriptor, buffer, offset, length): blocks until there is something, and returns how many bytes were read, 0 at the end. A read alone is woken for
 * nothing whenever the other end has taken what was sent before, because then there is room to write: one change of processes more for each invocation.
 */
static napi_value receive(napi_env env, napi_callback_info info) {
  size_t count = 4, size;
  napi_value arguments[4], result;
  int32_t descriptor;
  uint32_t offset, length;
  char *bytes;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 4 ||
      napi_get_value_int32(env, arguments[0], &descriptor) != napi_ok ||
      napi_get_buffer_info(env, arguments[1], (void **)&bytes, &size) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &offset) != napi_ok ||
      napi_get_value_uint32(env, arguments[3], &length) != napi_ok || offset > size || length > size - offset) {
    napi_throw_range_error(env, NULL, "receive(descriptor, buffer, offset, length)");
    return NULL;
  }
  ssize_t received = receive_when_there(descriptor, bytes + offset, length);
  if (received < 0) napi_throw_error(env, NULL, strerror(errno));
  napi_create_int64(env, received, &result);
  return result;
}

/* A text that ends so near to the end of its place may have been cut off. */
enum { most_of_a_character = 4 };

/*
 * send(descriptor, type, text): one frame of that type with the text in UTF-8, as docs/frames.md has it. Whether it was sent: not if the text is long. Node's
 * own way to write takes a copy more, and several times as many steps.
 */
static napi_value send_text(napi_env env, napi_callback_info info) {
  enum { header_bytes = 5, most_bytes = 64 * 1024 };
  static char frame[header_bytes + most_bytes];
  size_t count = 3, length;
  napi_value arguments[3], result;
  int32_t descriptor;
  uint32_t type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3 ||
      napi_get_value_int32(env, arguments[0], &descriptor) != napi_ok || napi_get_value_uint32(env, arguments[1], &type) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[2], frame + header_bytes, most_bytes, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "send(descriptor, type, text)");
    return NULL;
  }
  int is_whole = length + most_of_a_character < most_bytes;
  napi_get_boolean(env, is_whole, &result);
  if (!is_whole) return result;
  const uint32_t size = (uint32_t)length + 1;
  memcpy(frame, &size, sizeof size);
  frame[4] = (char)type;
  for (size_t written = 0; written < header_bytes + length;) {
    ssize_t bytes = write(descriptor, frame + written, header_bytes + length - written);
    if (bytes > 0) written += (size_t)bytes;
    else if (errno != EINTR) {
      napi_throw_error(env, NULL, strerror(errno));
      return NULL;
    }
  }
  return result;
}

/* setTrace(text): see next_trace. Whether it was set: not if the text is long. */
static napi_value set_trace(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument, result;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_string_utf8(env, argument, next_trace(), trace_max_bytes, &length) != napi_ok) {
    napi_throw_type_error(env, NULL, "setTrace(text)");
    return NULL;
  }
  napi_get_boolean(env, length + most_of_a_character < trace_max_bytes && publish_trace(), &result);
  return result;
}

/* exit(code): at once. Node's own way waits for threads that are not there. */
static napi_value leave(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int code = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == napi_ok && count > 0) napi_get_value_int32(env, argument, &code);
  _exit(code);
}

NAPI_MODULE_INIT() {
  napi_value serve_function, capture_function, receive_function, send_function, trace_function, leave_function;
  napi_create_function(env, "serveForks", NAPI_AUTO_LENGTH, serve, NULL, &serve_function);
  napi_set_named_property(env, exports, "serveForks", serve_function);
  napi_create_function(env, "capture", NAPI_AUTO_LENGTH, capture, NULL, &capture_function);
  napi_set_named_property(env, exports, "capture", capture_function);
  napi_create_function(env, "receive", NAPI_AUTO_LENGTH, receive, NULL, &receive_function);
  napi_set_named_property(env, exports, "receive", receive_function);
  napi_create_function(env, "send", NAPI_AUTO_LENGTH, send_text, NULL, &send_function);
  napi_set_named_property(env, exports, "send", send_function);
  napi_create_function(env, "setTrace", NAPI_AUTO_LENGTH, set_trace, NULL, &trace_function);
  napi_set_named_property(env, exports, "setTrace", trace_function);
  napi_create_function(env, "exit", NAPI_AUTO_LENGTH, leave, NULL, &leave_function);
  napi_set_named_property(env, exports, "exit", leave_function);
  return exports;
}
