// What the files of widening kernels share.
#ifndef CK_WIDENING_H
#define CK_WIDENING_H

#include "CKDequantize.h"
#include "half.h"
#include "vector.h"

// A fused multiply-add rounds once where the formats' definition rounds twice.
#pragma clang fp contract(off)

typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef uint32_t u8 __attribute__((vector_size(32)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint8_t bytes8 __attribute__((vector_size(8), aligned(1), may_alias));
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t signed8 __attribute__((vector_size(8), aligned(1), may_alias));
typedef int8_t signed16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef float loose8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float loose16 __attribute__((vector_size(64), aligned(4), may_alias));

INLINE uint16_t load_pair(const uint8_t *bytes) {
  uint16_t bits;
  memcpy(&bits, bytes, sizeof bits);
  return bits;
}

INLINE uint32_t load_bits(const uint8_t *bytes) {
  uint32_t bits;
  memcpy(&bits, bytes, sizeof bits);
  return bits;
}

INLINE float load_float(const uint8_t *bytes) { return float_from_bits(load_bits(bytes)); }

/// The kernel of a widening function that takes the level.
#define WIDENING(NAME) \
  CK_KERNEL(void, ck_##NAME, \
    (const void *blocks, float *restrict out, size_t count), (blocks, out, count)) { \
    NAME(blocks, out, count, level); \
  }

#endif
