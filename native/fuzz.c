/*
 * Feeds the parser of orders what libFuzzer makes up; or, with -DFROM_INPUT, what comes as standard input: any number of orders, each after its length in
 * four bytes, little-endian. To be compiled with -fsanitize=address,undefined.
 */
#include "order.h"
#include <unistd.h>

static int try_one(const uint8_t *data, size_t size) {
  static struct order order;
  /* Of the exact size, so that a sanitizer sees a step beyond it. */
  char *bytes = malloc(size ? size : 1);
  memcpy(bytes, data, size);
  memset(&order, 0, sizeof order);
  parse_order(bytes, size, &order);
  free(bytes);
  return 0;
}

#ifdef FROM_INPUT
static int read_whole(void *to, size_t size) {
  for (size_t got = 0; got < size;) {
    ssize_t count = read(0, (char *)to + got, size - got);
    if (count <= 0) return 0;
    got += (size_t)count;
  }
  return 1;
}

int main(void) {
  static uint8_t data[order_max_bytes];
  for (uint32_t size; read_whole(&size, sizeof size);) {
    if (size > sizeof data || !read_whole(data, size)) return 1;
    try_one(data, size);
  }
  return 0;
}
#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return try_one(data, size); }
#endif
