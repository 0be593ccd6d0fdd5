/*
 * The image of a process's memory: what it consists of, and where the parts that make one (image-capture.h) and take it on (image-restore.h) keep what they
 * work with. A fork server's fork writes its memory into a file; another fork of the same server puts that memory in the place of its own. Both have the
 * server's layout of addresses. See docs/decisions/0018-snapstart.md.
 */
#ifndef PILOTLIGHT_MEMORY_IMAGE_H
#define PILOTLIGHT_MEMORY_IMAGE_H
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  /* Where the file is, in a process that makes an image or is to take one on. */
  image_descriptor = 4,
  image_page = 4096,
  image_max_runs = 24 * 1024,
  image_max_descriptors = 128,
  image_max_watches = 256,
  image_max_actions = 65,
  image_max_mappings = 4096,
  /* A pipe with more in it is no mere signal to oneself. */
  image_max_piped = 64,
};

/* One stretch of addresses. */
enum run_kind {
  /* It is in the process that takes the image on, by the server. */
  run_kept,
  /* Memory that nobody has written to. */
  run_blank,
  /* Pages of the file, from `at` on. */
  run_mapped,
  /* The same, but copied: the main stack grows only where it is what the kernel made it. */
  run_copied,
};

struct image_run {
  uint64_t from, to, at;
  uint32_t kind;
  int32_t protection;
};

enum descriptor_kind {
  open_nothing,
  /* As a standard descriptor, or that of the frames: `first`. */
  open_same,
  open_null,
  open_random,
  open_event,
  open_poll,
  open_pipe,
  /* A pair of sockets, of which the process has both. */
  open_pair,
  /* A connection to somebody else. */
  open_dead,
};

struct image_open {
  int32_t number;
  uint32_t kind;
  /* O_NONBLOCK and the rest of F_GETFL; FD_CLOEXEC. */
  int32_t flags, is_closed_by_programs;
  /* Of an event: its count. */
  uint64_t count;
  /* Of a pipe: the lowest number with the same, and what waits in there. */
  int32_t first;
  uint32_t piped_bytes;
  /* Of a pair. */
  int32_t other, padding;
  char piped[image_max_piped];
};

/* What a descriptor of the kind open_poll looks at. */
struct image_watch {
  int32_t poll, number;
  uint32_t events, padding;
  uint64_t data;
};

/* As the kernel has it. */
struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint64_t mask;
};

struct image_header {
  char magic[16];
  /* Of the server. */
  unsigned char identity[16];
  uint64_t file_bytes;
  uint32_t run_count, open_count, watch_count, umask;
  uint64_t program_break;
  uint64_t signal_mask;
  struct kernel_action actions[image_max_actions];
  stack_t alternate_stack;
  /* Of __builtin_setjmp. */
  void *context[8];
  struct image_open open[image_max_descriptors];
  struct image_watch watches[image_max_watches];
};

/* The supervisor knows it, too: image-file.ts. */
static const char image_magic[16] = "pilotlight\0img\1";

/* A mapping as /proc tells of it. */
struct mapping {
  uint64_t from, to, offset, inode;
  uint32_t device;
  int protection;
  unsigned char is_shared, is_stack, is_of_kernel, is_empty, is_odd;
};

/*
 * Outside of what an image holds: it has the same address in the server and in all of its forks, and what is in there is each process's own, but for the
 * part that the server fills in.
 */
struct workshop {
  unsigned char identity[16];
  /* Where glibc keeps the thread's number, from pthread_self() on. 0: not found. */
  size_t thread_number_at;
  uint32_t known_count;
  /* Those of files which all forks have, too. */
  struct mapping known[image_max_mappings];
  /* From here on each process's own. */
  uint64_t thread_number_place;
  struct image_header header;
  struct image_run runs[image_max_runs];
  char text[64 * 1024];
  uint64_t page_states[8 * 1024];
  char stack[64 * 1024] __attribute__((aligned(64)));
};

static struct workshop *workshop;

static const size_t image_table_bytes =
  (sizeof(struct image_header) + sizeof(struct image_run) * image_max_runs + image_page - 1) / image_page * image_page;

static inline uint64_t workshop_start(void) { return (uint64_t)(uintptr_t)workshop; }
static inline uint64_t workshop_end(void) { return (workshop_start() + sizeof *workshop + image_page - 1) / image_page * image_page; }

static inline uint64_t number_in(const char **text, int base) {
  uint64_t value = 0;
  for (;; (*text)++) {
    char c = **text;
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
    if (digit >= base) return value;
    value = value * (unsigned)base + (unsigned)digit;
  }
}

/* `55d0-55e0 r-xp 00000000 fe:00 1234   /usr/bin/x`. Whether the line is such a one. */
static inline int read_mapping(const char *line, struct mapping *found) {
  const char *at = line;
  memset(found, 0, sizeof *found);
  found->from = number_in(&at, 16);
  if (at == line || *at++ != '-') return 0;
  found->to = number_in(&at, 16);
  if (*at++ != ' ') return 0;
  found->protection = (at[0] == 'r' ? PROT_READ : 0) | (at[1] == 'w' ? PROT_WRITE : 0) | (at[2] == 'x' ? PROT_EXEC : 0);
  found->is_shared = at[3] == 's';
  at += 5;
  found->offset = number_in(&at, 16);
  at++;
  uint32_t major = (uint32_t)number_in(&at, 16);
  at++;
  found->device = major << 20 | (uint32_t)number_in(&at, 16);
  at++;
  found->inode = number_in(&at, 10);
  while (*at == ' ') at++;
  found->is_stack = !strncmp(at, "[stack", 6);
  found->is_of_kernel = !strncmp(at, "[v", 2);
  return 1;
}

/* What the lines below a mapping's own say about it. */
static inline void read_detail(const char *line, struct mapping *of) {
  const char *value = strchr(line, ':');
  if (!value) return;
  for (value++; *value == ' ';) value++;
  if (!strncmp(line, "Rss:", 4)) of->is_empty = number_in(&value, 10) == 0;
  else if (!strncmp(line, "Swap:", 5) && number_in(&value, 10) > 0) of->is_empty = 0;
  else if (!strncmp(line, "ProtectionKey:", 14) && number_in(&value, 10) > 0) of->is_odd = 1;
  /* Of devices, or of huge pages. */
  else if (!strncmp(line, "VmFlags:", 8) && (strstr(value, "io ") || strstr(value, "pf ") || strstr(value, "ht "))) of->is_odd = 1;
}

/* Calls `take` for each mapping in order, till it complains. Allocates nothing, because what allocates would change what it looks at. */
static const char *each_mapping(const char *(*take)(const struct mapping *)) {
  int file = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return "/proc/self/smaps cannot be read";
  char *text = workshop->text;
  size_t held = 0;
  struct mapping current, next;
  int has_current = 0;
  const char *complaint = NULL;
  for (ssize_t count; !complaint && (count = read(file, text + held, sizeof workshop->text - 1 - held)) > 0;) {
    held += (size_t)count;
    text[held] = 0;
    char *line = text;
    for (char *end; !complaint && (end = strchr(line, '\n')); line = end + 1) {
      *end = 0;
      if (!read_mapping(line, &next)) {
        if (has_current) read_detail(line, &current);
        continue;
      }
      if (has_current) complaint = take(&current);
      current = next;
      has_current = 1;
    }
    held = strlen(line);
    memmove(text, line, held);
  }
  close(file);
  if (!complaint && has_current) complaint = take(&current);
  return complaint;
}

static const char *know_mapping(const struct mapping *found) {
  if (found->inode == 0 || found->is_of_kernel) return NULL;
  if (workshop->known_count == image_max_mappings) return "too many mappings";
  workshop->known[workshop->known_count++] = *found;
  return NULL;
}

/* Where in glibc's description of the main thread its number is. Only the server can tell: its number is large, and so occurs but once. */
static size_t find_thread_number(void) {
  enum { looked_at_bytes = 2048 };
  const char *thread = (const char *)pthread_self();
  int number = (int)syscall(SYS_gettid);
  size_t found = 0;
  if (number < 300) return 0;
  for (size_t at = 0; at < looked_at_bytes; at += sizeof number) {
    if (memcmp(thread + at, &number, sizeof number)) continue;
    if (found) return 0;
    found = at;
  }
  return found;
}

/* In the server, once everything is loaded. Without it, no images are made or taken on. */
static void prepare_images(void) {
  if (sysconf(_SC_PAGESIZE) != image_page) return;
  void *place = mmap(NULL, sizeof *workshop, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return;
  workshop = place;
  workshop->thread_number_at = find_thread_number();
  int is_ready = workshop->thread_number_at > 0 && getrandom(workshop->identity, sizeof workshop->identity, 0) == sizeof workshop->identity;
  if (is_ready && !each_mapping(know_mapping)) return;
  munmap(place, sizeof *workshop);
  workshop = NULL;
}
#endif
