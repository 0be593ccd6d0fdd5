/*
 * A fork server's native part for Node.js: an addon by Node-API, one binary for all versions. Node does not support that a process of it is forked; it
 * works when V8 has no threads of its own (--single-threaded), and src/sandbox/fidelity.ts finds out, per version, whether it does.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <sys/mman.h>
#include <uv.h>
#include "fork-server.h"

/*
 * V8 keeps its heap from forks; here it is to be inherited. Memory that the server and its forks could both write to would be a way from a function into
 * the server: there must be none.
 */
static void inherit_heap(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) fail("/proc/self/maps");
  enum { most = 16 * 1024 };
  static struct { unsigned long from, to; } ranges[most];
  unsigned count = 0;
  char line[4096], rights[8];
  while (count < most && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %7s", &ranges[count].from, &ranges[count].to, rights) != 3) continue;
    if (rights[3] == 'p') count++;
    else if (rights[1] == 'w') {
      errno = EINVAL;
      fail("memory that forks would share");
    }
  }
  fclose(maps);
  /* Some of the kernel's own refuse; they need nothing. */
  for (unsigned at = 0; at < count; at++) madvise((void *)ranges[at].from, ranges[at].to - ranges[at].from, MADV_DOFORK);
}

/* serveForks(): returns in each fork, with a seed for its random numbers and its process id. */
static napi_value serve(napi_env env, napi_callback_info info) {
  (void)info;
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) _exit(failed_status);
  inherit_heap();
  serve_forks();
  if (uv_loop_fork(loop) != 0) _exit(failed_status);
  napi_value result, seed, pid;
  if (napi_create_object(env, &result) != napi_ok) _exit(failed_status);
  napi_create_int32(env, fresh_seed(), &seed);
  napi_create_int32(env, getpid(), &pid);
  napi_set_named_property(env, result, "seed", seed);
  napi_set_named_property(env, result, "pid", pid);
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
  napi_value serve_function, leave_function;
  napi_create_function(env, "serveForks", NAPI_AUTO_LENGTH, serve, NULL, &serve_function);
  napi_set_named_property(env, exports, "serveForks", serve_function);
  napi_create_function(env, "exit", NAPI_AUTO_LENGTH, leave, NULL, &leave_function);
  napi_set_named_property(env, exports, "exit", leave_function);
  return exports;
}
