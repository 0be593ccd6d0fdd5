/* Making an image of a process (memory-image.h): a child of it, which stands still while its memory is written, leaves it. */
#ifndef PILOTLIGHT_IMAGE_CAPTURE_H
#define PILOTLIGHT_IMAGE_CAPTURE_H
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include "memory-image.h"
#include "image-descriptors.h"

/* State of the child that writes. */
static struct {
  uint64_t at, file_bytes;
  int pages, memory;
} writing;

static const char *add_run(enum run_kind kind, uint64_t from, uint64_t to, int protection, uint64_t at) {
  struct image_header *header = &workshop->header;
  struct image_run *last = header->run_count > 0 ? &workshop->runs[header->run_count - 1] : NULL;
  if (last && last->kind == kind && last->to == from && last->protection == protection && (kind == run_kept || kind == run_blank)) {
    last->to = to;
    return NULL;
  }
  if (header->run_count == image_max_runs) return "its memory is in too many pieces";
  workshop->runs[header->run_count++] = (struct image_run){from, to, at, kind, protection};
  return NULL;
}

static int is_blank_page(const uint64_t *page) {
  for (unsigned at = 0; at < image_page / sizeof *page; at++)
    if (page[at]) return 0;
  return 1;
}

/* Pages of zeros become holes of the file; so does what lies beyond the end of a file that is mapped. */
static const char *write_pages(uint64_t from, uint64_t to, uint64_t at) {
  if (at + (to - from) > writing.file_bytes) return "its memory is larger than the function's";
  for (uint64_t page = from; page < to;) {
    uint64_t end = page;
    while (end < to && !is_blank_page((const uint64_t *)(uintptr_t)end)) end += image_page;
    while (page < end) {
      ssize_t count = pwrite(image_descriptor, (const void *)(uintptr_t)page, end - page, (off_t)(at + (page - from)));
      if (count <= 0) return "the image cannot be written";
      page += (uint64_t)count;
    }
    while (page < to && is_blank_page((const uint64_t *)(uintptr_t)page)) page += image_page;
  }
  return NULL;
}

static const char *save_run(enum run_kind kind, uint64_t from, uint64_t to, int protection) {
  const char *complaint = add_run(kind, from, to, protection, writing.at);
  if (!complaint) complaint = write_pages(from, to, writing.at);
  writing.at += to - from;
  return complaint;
}

/* https://docs.kernel.org/admin-guide/mm/pagemap.html */
static const uint64_t page_is_here = 1ULL << 63 | 1ULL << 62, page_is_of_file = 1ULL << 61;

/* Whether the page is to be saved: nobody but the process itself has it. */
static int is_own_page(uint64_t state) { return (state & page_is_here) && !(state & page_is_of_file); }

/* Saves what the process has written to, and gives the rest that kind. Small gaps are saved with their surroundings, where that does no harm. */
static const char *save_own_pages(const struct mapping *found, enum run_kind rest) {
  enum { states = sizeof workshop->page_states / sizeof *workshop->page_states };
  const uint64_t largest_gap = rest == run_blank ? 16 * image_page : 0;
  const enum run_kind saved = found->is_stack ? run_copied : run_mapped;
  uint64_t from = 0, to = 0, done = found->from;
  const char *complaint = NULL;
  for (uint64_t page = found->from; page < found->to && !complaint;) {
    uint64_t wanted = (found->to - page) / image_page;
    if (wanted > states) wanted = states;
    if (pread(writing.pages, workshop->page_states, wanted * 8, (off_t)(page / image_page * 8)) != (ssize_t)(wanted * 8)) return "/proc/self/pagemap cannot be read";
    for (uint64_t at = 0; at < wanted && !complaint; at++, page += image_page) {
      if (!is_own_page(workshop->page_states[at])) continue;
      if (from && page - to > largest_gap) {
        if (from > done) complaint = add_run(rest, done, from, found->protection, 0);
        if (!complaint) complaint = save_run(saved, from, to, found->protection);
        done = to;
        from = 0;
      }
      if (!from) from = page;
      to = page + image_page;
    }
  }
  if (!complaint && from > done) complaint = add_run(rest, done, from, found->protection, 0);
  if (!complaint && from) {
    complaint = save_run(saved, from, to, found->protection);
    done = to;
  }
  return complaint || done == found->to ? complaint : add_run(rest, done, found->to, found->protection, 0);
}

static int is_known(const struct mapping *found) {
  for (uint32_t at = 0; at < workshop->known_count; at++) {
    const struct mapping *known = &workshop->known[at];
    if (known->from == found->from && known->to == found->to && known->offset == found->offset && known->inode == found->inode &&
        known->device == found->device && known->protection == found->protection)
      return 1;
  }
  return 0;
}

/* A file may end before its mapping does; who reads there gets a signal. */
static uint64_t readable_end(const struct mapping *found) {
  uint64_t end = found->to;
  char byte;
  while (end > found->from && pread(writing.memory, &byte, 1, (off_t)(end - image_page)) != 1) end -= image_page;
  return end;
}

static const char *save_whole(const struct mapping *found) {
  uint64_t end = readable_end(found);
  const char *complaint = end > found->from ? save_run(run_mapped, found->from, end, found->protection) : NULL;
  return complaint || end == found->to ? complaint : add_run(run_blank, end, found->to, found->protection, 0);
}

/*
 * Whether it is of a library with jemalloc in it. That takes memory which it has given back (MADV_DONTNEED) for blank when it uses it again; where an image
 * is mapped there would be what the image has. Its messages begin with its name.
 */
static int counts_on_blanks(const struct mapping *found) {
  static const char mark[] = "<jemalloc>";
  return memmem((const void *)(uintptr_t)found->from, readable_end(found) - found->from, mark, sizeof mark - 1) != NULL;
}

static const char *save_mapping(const struct mapping *found) {
  /* A page of the kernel's own half, which every process has. */
  if (found->from >> 63) return NULL;
  if (found->is_of_kernel) return add_run(run_kept, found->from, found->to, 0, 0);
  if (found->is_odd) return "it has memory of an unknown kind";
  int is_of_file = found->inode != 0;
  if (found->is_shared && (found->protection & PROT_WRITE)) return "it shares memory";
  int is_fixed = is_of_file && !(found->protection & PROT_WRITE) && is_known(found);
  if (found->is_shared && is_fixed) return add_run(run_kept, found->from, found->to, 0, 0);
  if (!is_of_file && found->is_empty) return add_run(found->is_stack ? run_kept : run_blank, found->from, found->to, found->protection, 0);
  /* Whatever is in there is to be read: this process has no other use for its memory. */
  if (!(found->protection & PROT_READ) && mprotect((void *)(uintptr_t)found->from, found->to - found->from, PROT_READ) < 0) return "it has memory that cannot be read";
  if (is_fixed) return save_own_pages(found, run_kept);
  if (is_of_file && !(found->protection & PROT_WRITE) && counts_on_blanks(found)) return "it has an allocator that counts on blank memory";
  if (is_of_file) return save_whole(found);
  return save_own_pages(found, found->is_stack ? run_kept : run_blank);
}

/* But for the workshop, which may look like a part of another mapping. */
static const char *save_around_workshop(const struct mapping *found) {
  uint64_t from = workshop_start(), to = workshop_end();
  if (found->to <= from || found->from >= to) return save_mapping(found);
  struct mapping part = *found;
  const char *complaint = NULL;
  part.to = from;
  if (part.from < part.to) complaint = save_mapping(&part);
  if (!complaint) complaint = add_run(run_kept, found->from > from ? found->from : from, found->to < to ? found->to : to, 0, 0);
  part = *found;
  part.from = to;
  if (!complaint && part.from < part.to) complaint = save_mapping(&part);
  return complaint;
}

static const char *save_signals(struct image_header *header) {
  for (int signal = 1; signal < image_max_actions; signal++)
    if (syscall(SYS_rt_sigaction, signal, NULL, &header->actions[signal], sizeof(uint64_t)) < 0) return "a signal's disposition cannot be read";
  if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &header->signal_mask, sizeof(uint64_t)) < 0) return "the signals' mask cannot be read";
  return sigaltstack(NULL, &header->alternate_stack) < 0 ? "the signals' stack cannot be read" : NULL;
}

/* In the child. What is wrong, if something is. */
static const char *write_image(void) {
  struct image_header *header = &workshop->header;
  struct stat file;
  if (fstat(image_descriptor, &file) < 0 || (uint64_t)file.st_size <= image_table_bytes) return "there is no file for the image";
  writing.file_bytes = (uint64_t)file.st_size;
  writing.at = image_table_bytes;
  const char *complaint = save_descriptors(header);
  if (complaint) return complaint;
  writing.pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  writing.memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (writing.pages < 0 || writing.memory < 0) return "its memory cannot be looked at";
  memcpy(header->magic, image_magic, sizeof image_magic);
  memcpy(header->identity, workshop->identity, sizeof header->identity);
  header->file_bytes = writing.file_bytes;
  header->umask = umask(0);
  header->program_break = (uint64_t)syscall(SYS_brk, 0);
  complaint = save_signals(header);
  if (!complaint) complaint = each_mapping(save_around_workshop);
  if (complaint) return complaint;
  size_t run_bytes = sizeof *workshop->runs * header->run_count;
  if (pwrite(image_descriptor, workshop->runs, run_bytes, sizeof *header) != (ssize_t)run_bytes) return "the image cannot be written";
  /* Last, because without it there is none. */
  return pwrite(image_descriptor, header, sizeof *header, 0) == sizeof *header ? NULL : "the image cannot be written";
}

static const char *const is_at_work = "a thread of it is at work";

/* Threads beside the main one: `allowed` of them, if they wait for work. What is wrong, if something is. */
static const char *look_at_threads(unsigned allowed) {
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return "its threads cannot be seen";
  unsigned count = 0;
  int are_idle = 1;
  for (struct dirent *entry; (entry = readdir(threads));) {
    char path[300], call[16] = "";
    if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) continue;
    count++;
    snprintf(path, sizeof path, "/proc/self/task/%s/syscall", entry->d_name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, call, sizeof call - 1) <= 0 || atoi(call) != SYS_futex) are_idle = 0;
    if (file >= 0) close(file);
  }
  closedir(threads);
  if (count > allowed) return "it has threads";
  return are_idle ? NULL : is_at_work;
}

/* Those that have just finished their work, or been started, are given a moment. */
static const char *check_threads(unsigned allowed) {
  const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
  const char *complaint;
  for (int attempt = 0; (complaint = look_at_threads(allowed)) == is_at_work && attempt < 100; attempt++) nanosleep(&pause, NULL);
  return complaint;
}

static const char *check_empty(const char *folder) {
  DIR *entries = opendir(folder);
  if (!entries) return NULL;
  const char *complaint = NULL;
  for (struct dirent *entry; (entry = readdir(entries));)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && strcmp(entry->d_name, "lost+found")) complaint = "it has files in /tmp or /dev/shm";
  closedir(entries);
  return complaint;
}

/* What an image cannot hold. */
static const char *check_company(unsigned allowed_threads) {
  siginfo_t child;
  if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0) return "it has children";
  for (int kind = ITIMER_REAL; kind <= ITIMER_PROF; kind++) {
    struct itimerval timer;
    if (getitimer(kind, &timer) == 0 && (timer.it_value.tv_sec || timer.it_value.tv_usec)) return "it has set an alarm";
  }
  const char *complaint = check_threads(allowed_threads);
  if (!complaint) complaint = check_empty("/tmp");
  return complaint ? complaint : check_empty("/dev/shm");
}

static const char *const was_restored = "restored", *const was_captured = "captured";

/* Returns in processes that take the image on, too. The child's own way on is that of the image: what it returns to is what was captured. */
static __attribute__((noinline)) const char *leave_image(void) {
  memset(&workshop->header, 0, sizeof workshop->header);
  if (__builtin_setjmp(workshop->header.context)) return was_restored;
  return write_image();
}

/*
 * Makes an image of this process if it can be: `was_captured`, or why not. Returns `was_restored` in each process that takes the image on. The caller
 * has seen to it that the language's interpreter is ready for a fork.
 */
static const char *capture_image(unsigned allowed_threads) {
  static char reason[256];
  if (!workshop || fcntl(image_descriptor, F_GET_SEALS) < 0) return "there is no place for an image";
  const char *complaint = check_company(allowed_threads);
  int answer[2];
  if (complaint) return complaint;
  if (pipe2(answer, O_CLOEXEC) < 0) return "there is no pipe";
  pid_t child = fork();
  if (child == 0) {
    /* It shall not be in the list of what is open. */
    int told = fcntl(answer[1], F_DUPFD_CLOEXEC, image_max_descriptors);
    close(answer[0]);
    close(answer[1]);
    complaint = leave_image();
    if (complaint == was_restored) return complaint;
    if (complaint && write(told, complaint, strlen(complaint)) < 0) _exit(1);
    _exit(0);
  }
  close(answer[1]);
  ssize_t size = child < 0 ? -1 : read(answer[0], reason, sizeof reason - 1);
  close(answer[0]);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  close(image_descriptor);
  if (size > 0) return reason;
  return size == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? was_captured : "the image could not be made";
}
#endif
