// Sixteen rows by sixteen columns, transposed in registers.
#ifndef CK_TRANSPOSE_H
#define CK_TRANSPOSE_H

#include "fewrows.h"

/// Row i of `out` (`stride` floats apart) = element `at + i` of each of the sixteen rows.
///
/// Four times over, rows i and i + 8 are interleaved into rows 2i and 2i + 1: each time the highest
/// bit of an element's row becomes the lowest of its column, and the other way round.
INLINE void transpose(const float *const *rows, size_t at, float *out, const size_t stride) {
  v16 a[lanes], b[lanes];
  UNROLL for (int i = 0; i < lanes; i++) a[i] = *(const loose16 *)(rows[i] + at);
  UNROLL for (int stage = 0; stage < 4; stage++) {
    UNROLL for (int i = 0; i < lanes / 2; i++) {
      b[2 * i] = __builtin_shufflevector(
        a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * i + 1] = __builtin_shufflevector(
        a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (int i = 0; i < lanes; i++) a[i] = b[i];
  }
  UNROLL for (int i = 0; i < lanes; i++) *(loose16 *)(out + i * stride) = a[i];
}

#endif
