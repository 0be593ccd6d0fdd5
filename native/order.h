/*
 * What a launch is to be, as the supervisor writes it (native-order.ts): records of a tag (one byte), a length (four, little-endian) and as many bytes,
 * of which the last one is 0 where they are text. The parser copies nothing, and refuses whatever it does not know; it is fuzzed by fuzz.c.
 */
#ifndef PILOTLIGHT_ORDER_H
#define PILOTLIGHT_ORDER_H
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum {
  order_max_bytes = 256 * 1024,
  order_max_doors = 8,
  order_max_mounts = 32,
  order_max_groups = 16,
  order_max_words = 1024,
  order_max_filter = 1024,
};

enum mount_kind { mount_read_only = 'r', mount_writable = 'w', mount_tmpfs = 't' };

struct order_mount {
  enum mount_kind kind;
  /* Of a tmpfs: its options. */
  const char *source;
  const char *place;
};

struct order {
  /* The mount namespace that has the template's root as its root. */
  const char *holder;
  uid_t uid;
  unsigned descriptors;
  unsigned processes;
  const char *tmp;
  int tmp_is_image;
  /* An image of which that one is to be made; NULL if it is there. */
  const char *tmp_template;
  /* What /etc/passwd is to say besides; NULL for nothing. */
  const char *passwd;
  int has_frames;
  int has_network;
  /* What tells this launch's processes from others: takes the place of the launcher's own PILOTLIGHT_ENVIRONMENT. */
  const char *marker;
  /* 0, or the number of the fork server that this launch is to become; one without arguments is dismissed. */
  unsigned becomes_server;
  /* 0, or the number of that which is to make the process by forking itself: there are no arguments then. */
  unsigned forked_by;
  /* Whether the fork comes with a file for the image of its memory, which it is to fill; or with one that is to become its memory. */
  int captures_image;
  int restores_image;
  const char *doors[order_max_doors];
  unsigned door_count;
  struct order_mount mounts[order_max_mounts];
  unsigned mount_count;
  gid_t groups[order_max_groups];
  unsigned group_count;
  struct sock_filter filter[order_max_filter];
  unsigned short filter_count;
  /* Both end with NULL; before the arguments there is room for one. */
  char *words[order_max_words + 2];
  char **arguments;
  unsigned argument_count;
  char *variables[order_max_words + 1];
  unsigned variable_count;
};

/* A number in decimal digits that fits 31 bits, or -1. */
static inline long order_number(const char *text) {
  char *end;
  if (*text < '0' || *text > '9') return -1;
  unsigned long long value = strtoull(text, &end, 10);
  return *end || value > 0x7fffffff ? -1 : (long)value;
}

/* Reads one record that is text. What is wrong with it, or NULL. */
static inline const char *order_text(struct order *order, char tag, char *text, size_t length) {
  long number;
  switch (tag) {
    case 'h': order->holder = text; return NULL;
    case 'T': order->tmp = text; order->tmp_is_image = 1; return NULL;
    case 'B': order->tmp = text; return NULL;
    case 'I': order->tmp_template = text; return NULL;
    case 'P': order->passwd = text; return NULL;
    case 'm': order->marker = text; return NULL;
    case 'C': order->captures_image = 1; return NULL;
    case 'M': order->restores_image = 1; return NULL;
    case 'f': order->has_frames = 1; return NULL;
    case 'n': order->has_network = 1; return NULL;
    case 'Z': case 'F': case 'u': case 'd': case 'p': case 'G':
      if ((number = order_number(text)) < 0) return "a number that is none";
      if (tag == 'Z') order->becomes_server = (unsigned)number;
      else if (tag == 'F') order->forked_by = (unsigned)number;
      else if (tag == 'u') order->uid = (uid_t)number;
      else if (tag == 'd') order->descriptors = (unsigned)number;
      else if (tag == 'p') order->processes = (unsigned)number;
      else if (order->group_count == order_max_groups) return "too many groups";
      else order->groups[order->group_count++] = (gid_t)number;
      return NULL;
    case 'g':
      if (order->door_count == order_max_doors) return "too many control groups";
      order->doors[order->door_count++] = text;
      return NULL;
    case 'a':
      if (order->argument_count == order_max_words) return "too many arguments";
      order->words[1 + order->argument_count++] = text;
      return NULL;
    case 'e':
      if (order->variable_count == order_max_words) return "too many variables";
      order->variables[order->variable_count++] = text;
      return NULL;
    case mount_read_only: case mount_writable: case mount_tmpfs: {
      /* Source and place, each with its 0. */
      size_t source_bytes = strlen(text) + 1;
      if (source_bytes >= length || strlen(text + source_bytes) + source_bytes + 1 != length) return "a mount without a place";
      if (order->mount_count == order_max_mounts) return "too many mounts";
      order->mounts[order->mount_count++] = (struct order_mount){(enum mount_kind)tag, text, text + source_bytes};
      return NULL;
    }
    default: return "an unknown record";
  }
}

/* What an order of its kind must have. */
static inline const char *check_order(const struct order *order) {
  if (order->becomes_server) {
    if (order->forked_by) return "a fork server that is forked";
    return order->argument_count == 0 || order->holder ? NULL : "something is missing";
  }
  if (!order->holder || !order->tmp) return "something is missing";
  if (order->captures_image + order->restores_image > (order->forked_by != 0)) return "an image of what is no fork";
  if ((order->argument_count == 0) != (order->forked_by != 0)) return "arguments are missing, or too many";
  return order->uid == 0 || order->descriptors == 0 || order->processes == 0 ? "a number is missing" : NULL;
}

/* What is wrong with the bytes, or NULL. `order` is all zero before, and refers to the bytes afterwards. */
static inline const char *parse_order(char *bytes, size_t size, struct order *order) {
  if (size >= order_max_bytes) return "it is too long";
  for (size_t at = 0; at < size;) {
    if (size - at < 5) return "it ends within a record";
    char tag = bytes[at];
    uint32_t length;
    memcpy(&length, bytes + at + 1, sizeof length);
    char *body = bytes + at + 5;
    if (length > size - at - 5) return "it ends within a record";
    at += 5 + length;
    if (tag == 's') {
      if (length % sizeof(struct sock_filter) || length > sizeof order->filter) return "a filter of a wrong size";
      memcpy(order->filter, body, length);
      order->filter_count = (unsigned short)(length / sizeof(struct sock_filter));
      continue;
    }
    if (length == 0 || body[length - 1] != 0) return "a text without an end";
    const char *complaint = order_text(order, tag, body, length);
    if (complaint) return complaint;
  }
  order->arguments = order->words + 1;
  return check_order(order);
}
#endif
