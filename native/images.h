/* Images of memory (memory-image.h), where they can be made; elsewhere nothing is captured, and nobody asks for more. */
#ifndef PILOTLIGHT_IMAGES_H
#define PILOTLIGHT_IMAGES_H
/* Clang cannot leave a function by __builtin_longjmp on arm64. */
#if defined __x86_64__ || (defined __aarch64__ && !defined __clang__)
#include "image-capture.h"
#include "image-restore.h"
#else
#include <unistd.h>

enum { image_descriptor = 4 };

static const char *const was_restored = "restored";

static inline void prepare_images(void) {}

static inline const char *capture_image(unsigned allowed_threads) {
  (void)allowed_threads;
  return "no images are made on this processor";
}

static inline void restore_image(void) { _exit(125); }
#endif
#endif
