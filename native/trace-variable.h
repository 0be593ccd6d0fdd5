/*
 * The variable _X_AMZN_TRACE_ID, in a place of our own. The C library's `setenv` keeps every value that a variable ever had, and looks through all of them: it
 * would grow with each invocation. There are two places in turn, for a thread that still reads the value of before.
 */
#ifndef PILOTLIGHT_TRACE_VARIABLE_H
#define PILOTLIGHT_TRACE_VARIABLE_H
#include <stdlib.h>
#include <string.h>

/* A value, with the 0 at its end. */
enum { trace_max_bytes = 4 * 1024 };

static const char trace_name[] = "_X_AMZN_TRACE_ID=";
static char trace_places[2][sizeof trace_name + trace_max_bytes];
static unsigned trace_turn;

/* Where the next value is to be written. */
static char *next_trace(void) {
  char *place = trace_places[trace_turn ^= 1];
  memcpy(place, trace_name, sizeof trace_name);
  return place + sizeof trace_name - 1;
}

/* Makes what was written there the variable's value. 0: it could not be done. */
static int publish_trace(void) { return putenv(trace_places[trace_turn]) == 0; }
#endif
