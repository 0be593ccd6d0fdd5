/*
 * The descriptors of a process that leaves an image (memory-image.h), and what takes their places in one that takes it on: whatever the process had for
 * itself (pipes, pairs of sockets, events, polls) is made anew; where somebody else was at the other end, he has gone.
 */
#ifndef PILOTLIGHT_IMAGE_DESCRIPTORS_H
#define PILOTLIGHT_IMAGE_DESCRIPTORS_H
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "memory-image.h"

/* The first with the same pipe behind it, or itself. */
static int32_t first_alike(const struct image_header *header, int number) {
  struct stat wanted, other;
  if (fstat(number, &wanted) < 0) return number;
  for (uint32_t at = 0; at < header->open_count; at++) {
    int32_t candidate = header->open[at].number;
    if (fstat(candidate, &other) == 0 && other.st_ino == wanted.st_ino && other.st_dev == wanted.st_dev) return candidate;
  }
  return number;
}

/* What waits in a pipe, which stays there: it may belong to others, too. */
static const char *look_into_pipe(struct image_open *entry) {
  int waiting = 0, copy[2];
  if (ioctl(entry->number, FIONREAD, &waiting) < 0 || waiting > image_max_piped) return "there is much in a pipe of its";
  if (waiting == 0) return NULL;
  if (pipe2(copy, O_CLOEXEC) < 0) return "there is no pipe";
  ssize_t count = tee(entry->number, copy[1], (size_t)waiting, SPLICE_F_NONBLOCK);
  if (count == waiting) count = read(copy[0], entry->piped, (size_t)waiting);
  close(copy[0]);
  close(copy[1]);
  entry->piped_bytes = (uint32_t)waiting;
  return count == waiting ? NULL : "a pipe of its cannot be read";
}

/* Reads /proc/self/fdinfo, of which a poll's tells what it looks at, and an event's its count. */
static const char *read_particulars(struct image_header *header, struct image_open *entry) {
  char path[64], *text = workshop->text;
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", entry->number);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return "a descriptor of its cannot be looked at";
  size_t size = 0;
  for (ssize_t count; size < sizeof workshop->text - 1 && (count = read(file, text + size, sizeof workshop->text - 1 - size)) > 0;) size += (size_t)count;
  close(file);
  text[size] = 0;
  const char *count = strstr(text, "eventfd-count:");
  if (count) entry->count = strtoull(count + 14, NULL, 16);
  for (const char *line = text; entry->kind == open_poll && (line = strstr(line, "tfd:")); line++) {
    int number;
    unsigned events;
    unsigned long long data;
    if (sscanf(line, "tfd: %d events: %x data: %llx", &number, &events, &data) != 3) continue;
    if (header->watch_count == image_max_watches) return "it waits for too many things";
    header->watches[header->watch_count++] = (struct image_watch){entry->number, number, events, 0, data};
  }
  return NULL;
}

static int may_be_own_pair(int number) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  int domain = 0, waiting = 0;
  socklen_t domain_size = sizeof domain;
  if (getsockopt(number, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) < 0 || domain != AF_UNIX) return 0;
  /* This is a child of the process that has made them. */
  return getsockopt(number, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getppid() && ioctl(number, FIONREAD, &waiting) == 0 && waiting == 0;
}

/* The other end of a pair, if this process has it: where a byte comes out. -1 if not. */
static int32_t find_other_end(const struct image_header *header, int number) {
  char byte = 0;
  int32_t other = -1;
  if (send(number, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) return -1;
  for (uint32_t at = 0; at < header->open_count && other < 0; at++) {
    const struct image_open *candidate = &header->open[at];
    int waiting = 0;
    if (candidate->kind == open_pair && candidate->number != number && ioctl(candidate->number, FIONREAD, &waiting) == 0 && waiting == 1)
      other = candidate->number;
  }
  if (other >= 0 && recv(other, &byte, 1, MSG_DONTWAIT) != 1) return -1;
  return other;
}

static const char *classify_socket(struct image_open *entry) {
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  if (getsockopt(entry->number, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return "a socket of its cannot be looked at";
  size = sizeof listens;
  if (getsockopt(entry->number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || listens) return "it listens at a socket";
  if (type != SOCK_STREAM) return "it has a socket without a connection";
  entry->kind = may_be_own_pair(entry->number) ? open_pair : open_dead;
  return NULL;
}

static const char *classify(struct image_header *header, struct image_open *entry) {
  char path[64], target[256] = "";
  struct stat found;
  snprintf(path, sizeof path, "/proc/self/fd/%d", entry->number);
  if (readlink(path, target, sizeof target - 1) < 0 || fstat(entry->number, &found) < 0) return "a descriptor of its cannot be looked at";
  for (int standard = 0; standard < image_descriptor; standard++) {
    struct stat other;
    if (S_ISCHR(found.st_mode) || fstat(standard, &other) < 0 || other.st_ino != found.st_ino || other.st_dev != found.st_dev) continue;
    if (!strncmp(target, "anon_inode:", 11)) continue;
    entry->kind = open_same;
    entry->first = standard;
    return NULL;
  }
  if (S_ISSOCK(found.st_mode)) return classify_socket(entry);
  if (S_ISFIFO(found.st_mode)) {
    entry->kind = open_pipe;
    entry->first = first_alike(header, entry->number);
    return entry->first == entry->number ? look_into_pipe(entry) : NULL;
  }
  if (!strcmp(target, "/dev/null")) entry->kind = open_null;
  else if (!strcmp(target, "/dev/urandom")) entry->kind = open_random;
  else if (!strcmp(target, "anon_inode:[eventfd]")) entry->kind = open_event;
  else if (!strcmp(target, "anon_inode:[eventpoll]")) entry->kind = open_poll;
  else return S_ISREG(found.st_mode) || S_ISDIR(found.st_mode) ? "it has a file open" : "it has something open of an unknown kind";
  return entry->kind == open_event || entry->kind == open_poll ? read_particulars(header, entry) : NULL;
}

/* Pairs find each other; a pipe of which one end is missing leads to somebody else. */
static void find_partners(struct image_header *header) {
  for (uint32_t at = 0; at < header->open_count; at++) {
    struct image_open *entry = &header->open[at];
    entry->other = -1;
    if (entry->kind == open_pair) entry->other = find_other_end(header, entry->number);
  }
  for (uint32_t at = 0; at < header->open_count; at++) {
    struct image_open *entry = &header->open[at];
    if (entry->kind == open_pair && entry->other < 0) entry->kind = open_dead;
  }
}

/* All but the standard ones, this one, and what is beyond the places that are looked at, which the caller uses. */
static const char *save_descriptors(struct image_header *header) {
  for (int number = image_descriptor + 1; number < image_max_descriptors; number++) {
    int flags = fcntl(number, F_GETFL);
    if (flags < 0) continue;
    struct image_open *entry = &header->open[header->open_count];
    *entry = (struct image_open){.number = number, .flags = flags & (O_ACCMODE | O_NONBLOCK), .is_closed_by_programs = fcntl(number, F_GETFD) & FD_CLOEXEC};
    const char *complaint = classify(header, entry);
    if (complaint) return complaint;
    header->open_count++;
  }
  find_partners(header);
  return NULL;
}

/* Puts it at its place. */
static int settle(int from, const struct image_open *entry) {
  if (from < 0 || dup3(from, entry->number, entry->is_closed_by_programs ? O_CLOEXEC : 0) < 0) return -1;
  return fcntl(entry->number, F_SETFL, entry->flags & O_NONBLOCK);
}

static int settle_and_close(int from, const struct image_open *entry) {
  int result = settle(from, entry);
  if (from >= 0) close(from);
  return result;
}

/* Ends of a pipe go to all that had one; in the order of their numbers, the first makes it. */
static int open_pipe_anew(const struct image_header *header, const struct image_open *first) {
  int ends[2];
  if (first->first != first->number) return 0;
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  int has_other_end = 0, result = 0;
  for (uint32_t at = 0; at < header->open_count && result >= 0; at++) {
    const struct image_open *entry = &header->open[at];
    if (entry->kind != open_pipe || entry->first != first->number) continue;
    int writes = (entry->flags & O_ACCMODE) != O_RDONLY;
    has_other_end |= writes != ((first->flags & O_ACCMODE) != O_RDONLY);
    result = settle(ends[writes], entry);
  }
  if (has_other_end && first->piped_bytes && write(ends[1], first->piped, first->piped_bytes) < 0) result = -1;
  close(ends[0]);
  close(ends[1]);
  return result;
}

static int open_pair_anew(const struct image_header *header, const struct image_open *entry) {
  int ends[2];
  if (entry->other < entry->number) return 0;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
  int result = settle(ends[0], entry);
  for (uint32_t at = 0; at < header->open_count && result >= 0; at++)
    if (header->open[at].number == entry->other) result = settle(ends[1], &header->open[at]);
  close(ends[0]);
  close(ends[1]);
  return result;
}

/* Whoever was at the other end is gone. */
static int open_dead_end(const struct image_open *entry) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
  close(ends[1]);
  return settle_and_close(ends[0], entry);
}

static int open_anew(const struct image_header *header, const struct image_open *entry) {
  switch (entry->kind) {
    case open_same: return settle(entry->first, entry);
    case open_null: return settle_and_close(open("/dev/null", O_RDWR | O_CLOEXEC), entry);
    case open_random: return settle_and_close(open("/dev/urandom", O_RDONLY | O_CLOEXEC), entry);
    case open_event: return settle_and_close(eventfd((unsigned)entry->count, EFD_CLOEXEC), entry);
    case open_poll: return settle_and_close(epoll_create1(EPOLL_CLOEXEC), entry);
    case open_pipe: return open_pipe_anew(header, entry);
    case open_pair: return open_pair_anew(header, entry);
    case open_dead: return open_dead_end(entry);
    default: return -1;
  }
}

/* Whether the numbers are such as `save_descriptors` writes them. */
static int are_plausible(const struct image_header *header) {
  if (header->open_count > image_max_descriptors || header->watch_count > image_max_watches) return 0;
  for (uint32_t at = 0; at < header->open_count; at++) {
    const struct image_open *entry = &header->open[at];
    if (entry->number <= image_descriptor || entry->number >= image_max_descriptors || entry->piped_bytes > image_max_piped) return 0;
    if (entry->kind == open_same && (entry->first < 0 || entry->first >= image_descriptor)) return 0;
  }
  return 1;
}

/* In the process that takes the image on: closes what it had, and opens what the image has. Its temporary ones are beyond those. */
static const char *restore_descriptors(const struct image_header *header) {
  if (!are_plausible(header)) return "the image is of no use";
  close_range(image_descriptor + 1, ~0U, 0);
  /* So that what is made for a moment gets higher numbers than all that is to stay. */
  int taken[image_max_descriptors], count = 0;
  for (int number = image_descriptor + 1; number < image_max_descriptors; number++)
    if (dup3(0, number, O_CLOEXEC) >= 0) taken[count++] = number;
  const char *complaint = NULL;
  for (uint32_t at = 0; at < header->open_count && !complaint; at++)
    if (open_anew(header, &header->open[at]) < 0) complaint = "what the image has open cannot be opened";
  for (int at = 0; at < count; at++) {
    int is_of_image = 0;
    for (uint32_t entry = 0; entry < header->open_count; entry++) is_of_image |= header->open[entry].number == taken[at];
    if (!is_of_image) close(taken[at]);
  }
  for (uint32_t at = 0; at < header->watch_count && !complaint; at++) {
    const struct image_watch *watch = &header->watches[at];
    struct epoll_event event = {.events = watch->events, .data.u64 = watch->data};
    /* What it looked at may be of a kind that nobody can look at any more: a dead end tells so by itself. */
    if (epoll_ctl(watch->poll, EPOLL_CTL_ADD, watch->number, &event) < 0 && errno != EPERM && errno != EBADF) complaint = "what the image waits for cannot be";
  }
  return complaint;
}
#endif
