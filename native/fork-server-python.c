/* A fork server's native part for Python, called by ctypes with the interpreter's lock held. */
#define _GNU_SOURCE
#include "fork-server.h"

__attribute__((visibility("default"))) void pilotlight_serve_forks(void) { serve_forks(); }
