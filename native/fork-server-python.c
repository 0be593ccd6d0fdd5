/* A fork server's native part for Python, called by ctypes with the interpreter's lock held, between the interpreter's own hooks around a fork. */
#define _GNU_SOURCE
#include "fork-server.h"
#include "trace-variable.h"

__attribute__((visibility("default"))) void pilotlight_serve_forks(void) { serve_forks(); }

/* See capture_image: no thread but this one. */
__attribute__((visibility("default"))) const char *pilotlight_capture(void) { return capture_image(0); }

/* See next_trace. 0: it was not set. */
__attribute__((visibility("default"))) int pilotlight_set_trace(const char *value) {
  size_t size = strlen(value) + 1;
  if (size > trace_max_bytes) return 0;
  memcpy(next_trace(), value, size);
  return publish_trace();
}
