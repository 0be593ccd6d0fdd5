/* A fork server's native part for Python, called by ctypes with the interpreter's lock held, between the interpreter's own hooks around a fork. */
#define _GNU_SOURCE
#include "fork-server.h"

__attribute__((visibility("default"))) void pilotlight_serve_forks(void) { serve_forks(); }

/* See capture_image: no thread but this one. */
__attribute__((visibility("default"))) const char *pilotlight_capture(void) { return capture_image(0); }
