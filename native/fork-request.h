/*
 * What a launch asks of a fork server (fork-server.h): its order's bytes, and descriptors in this sequence. The control groups' doors follow, as many as the
 * order names, and the file of the image if there is one.
 */
#ifndef PILOTLIGHT_FORK_REQUEST_H
#define PILOTLIGHT_FORK_REQUEST_H

enum {
  /* Of the sandbox's first process: whose namespaces the new one is to enter. */
  request_first,
  request_output,
  request_errors,
  request_frames,
  /* Where the status goes, as waitpid gives it, when the process has ended. */
  request_status,
  request_doors,
};
#endif
