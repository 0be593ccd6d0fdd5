/*
 * Taking on an image (memory-image.h): a fork of the server, which has entered its sandbox and given up every right, puts the image's memory in the place of
 * its own, and goes on as the process that left it. What is in the image may be hostile; it can do no more than the function that it is of.
 *
 * From the moment at which the first page is replaced nothing may be used but what no image replaces: the code, which is a file's, and the workshop. So
 * there is a stack of its own, and system calls are made without the C library.
 */
#ifndef PILOTLIGHT_IMAGE_RESTORE_H
#define PILOTLIGHT_IMAGE_RESTORE_H
#include <sys/stat.h>
#include "image-descriptors.h"
#include "memory-image.h"

/* A loop that copies shall stay one: a call into the C library would be by a table that is being replaced. */
#define PILOTLIGHT_ALONE __attribute__((noinline, optimize("no-stack-protector", "no-tree-loop-distribute-patterns")))

static inline __attribute__((always_inline)) long raw_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined __x86_64__
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
#elif defined __aarch64__
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

/* The program's own stack is replaced, too. */
static inline __attribute__((always_inline, noreturn)) void call_on_stack(char *stack_end, void (*function)(struct workshop *), struct workshop *argument) {
#if defined __x86_64__
  __asm__ volatile("mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tcall *%1" : : "r"(stack_end), "r"(function), "D"(argument) : "memory");
#elif defined __aarch64__
  register struct workshop *x0 __asm__("x0") = argument;
  __asm__ volatile("mov sp, %0\n\tmov x29, xzr\n\tblr %1" : : "r"(stack_end), "r"(function), "r"(x0) : "memory");
#endif
  __builtin_unreachable();
}

/* Ends the process. The line is of a length that is known without counting. */
#define GIVE_UP(text) \
  do { \
    raw_call(SYS_write, 2, (long)("taking on an image: " text "\n"), sizeof("taking on an image: " text "\n") - 1, 0, 0, 0); \
    raw_call(SYS_exit_group, 125, 0, 0, 0, 0, 0); \
    __builtin_unreachable(); \
  } while (0)

static inline __attribute__((always_inline)) int place_run(const struct image_run *run) {
  long at = (long)run->from, size = (long)(run->to - run->from), file = image_descriptor;
  switch (run->kind) {
    case run_blank: return raw_call(SYS_mmap, at, size, run->protection, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == at;
    case run_mapped: return raw_call(SYS_mmap, at, size, run->protection, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, (long)run->at) == at;
    default: return 1;
  }
}

/* The main stack grows down to what is copied into it: the highest first. */
static PILOTLIGHT_ALONE void copy_stack(const struct workshop *with) {
  for (uint32_t at = with->header.run_count; at-- > 0;) {
    const struct image_run *run = &with->runs[at];
    if (run->kind != run_copied) continue;
    for (uint64_t page = run->to; page > run->from;) {
      page -= image_page;
      *(volatile char *)(uintptr_t)page = 0;
      if (raw_call(SYS_pread64, image_descriptor, (long)page, image_page, (long)(run->at + (page - run->from)), 0, 0) != image_page) GIVE_UP("the stack cannot be read");
    }
  }
}

static PILOTLIGHT_ALONE void become_image(struct workshop *with) {
  const struct image_header *header = &with->header;
  uint64_t done = image_page;
  if ((uint64_t)raw_call(SYS_brk, (long)header->program_break, 0, 0, 0, 0, 0) != header->program_break) GIVE_UP("the heap's end cannot be moved");
  for (uint32_t at = 0; at < header->run_count; at++) {
    const struct image_run *run = &with->runs[at];
    if (run->from > done && raw_call(SYS_munmap, (long)done, (long)(run->from - done), 0, 0, 0, 0) != 0) GIVE_UP("memory cannot be given back");
    if (!place_run(run)) GIVE_UP("memory cannot be mapped");
    done = run->to;
  }
  copy_stack(with);
  *(int *)(uintptr_t)with->thread_number_place = (int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  raw_call(SYS_close, image_descriptor, 0, 0, 0, 0, 0);
  raw_call(SYS_sigaltstack, (long)&header->alternate_stack, 0, 0, 0, 0, 0);
  for (int signal = 1; signal < image_max_actions; signal++)
    raw_call(SYS_rt_sigaction, signal, (long)&header->actions[signal], 0, sizeof(uint64_t), 0, 0);
  raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&header->signal_mask, 0, sizeof(uint64_t), 0, 0);
  __builtin_longjmp((void **)header->context, 1);
}

/* Where a run would be in the way of what this process needs, or of others. */
static int is_sound(const struct image_run *run, uint64_t after, uint64_t file_bytes) {
  uint64_t size = run->to - run->from;
  if (run->from < after || run->to <= run->from || run->from % image_page || run->to % image_page || run->kind > run_copied) return 0;
  if (run->kind == run_kept) return 1;
  if (run->from < workshop_end() && run->to > workshop_start()) return 0;
  return run->kind == run_blank || (run->at % image_page == 0 && run->at >= image_table_bytes && run->at <= file_bytes && size <= file_bytes - run->at);
}

/* Reads what is to be known before anything is replaced. What is wrong with it, if something is. */
static const char *read_image(void) {
  struct image_header *header = &workshop->header;
  struct stat file;
  if (fstat(image_descriptor, &file) < 0 || pread(image_descriptor, header, sizeof *header, 0) != sizeof *header) return "there is no image";
  if (memcmp(header->magic, image_magic, sizeof image_magic)) return "that is no image";
  if (memcmp(header->identity, workshop->identity, sizeof header->identity)) return "the image is of another server's fork";
  if (header->run_count == 0 || header->run_count > image_max_runs) return "the image has no sensible number of pieces";
  size_t run_bytes = sizeof *workshop->runs * header->run_count;
  if (pread(image_descriptor, workshop->runs, run_bytes, sizeof *header) != (ssize_t)run_bytes) return "the image is incomplete";
  uint64_t after = image_page;
  int keeps_workshop = 0;
  for (uint32_t at = 0; at < header->run_count; at++) {
    const struct image_run *run = &workshop->runs[at];
    if (!is_sound(run, after, (uint64_t)file.st_size)) return "a piece of the image lies where none can";
    keeps_workshop |= run->kind == run_kept && run->from <= workshop_start() && run->to >= workshop_end();
    after = run->to;
  }
  return keeps_workshop ? NULL : "the image leaves no room to take it on";
}

/* Never returns: goes on as the captured process, or ends with a line that says why not. */
static __attribute__((noreturn)) void restore_image(void) {
  sigset_t all;
  sigfillset(&all);
  /* By the C library's own way two of them would stay possible. */
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(uint64_t));
  const char *complaint = workshop ? read_image() : "there is no room to take it on";
  if (!complaint) complaint = restore_descriptors(&workshop->header);
  if (complaint) {
    dprintf(2, "taking on an image: %s\n", complaint);
    _exit(125);
  }
  umask(workshop->header.umask & 0777);
  workshop->thread_number_place = (uint64_t)(uintptr_t)pthread_self() + workshop->thread_number_at;
  call_on_stack(workshop->stack + sizeof workshop->stack, become_image, workshop);
}
#endif
