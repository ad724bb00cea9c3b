#include "blockdots.h"

#include "CKDequantize.h"
#include "half.h"
#include "vector.h"

// Σ x·(d·q + m) over a block is d · Σ x·q + m · Σ x: the integers are multiplied as they are, and
// scale and offset come in once a block.
#pragma clang fp contract(fast)

typedef float v16 __attribute__((vector_size(64)));
typedef float loose16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t signed16 __attribute__((vector_size(16), aligned(1), may_alias));

#define UNROLL _Pragma("clang loop unroll(full)")

enum { lanes = 16, block = 32, most_rows = 4, most_blocks = 512, panel = 2 };
enum { q4_0, q4_1, q8_0 };

/// The integers of a block as floats, its scale, and the offset that Σ x is multiplied by.
INLINE void load_block(
  const uint8_t *bytes, const int kind, const int level, v16 *low, v16 *high, float *scale,
  float *offset) {
  *scale = load_half(bytes, level);
  *offset = 0;
  if (kind == q8_0) {
    *low = __builtin_convertvector(*(const signed16 *)(bytes + 2), v16);
    *high = __builtin_convertvector(*(const signed16 *)(bytes + 2 + lanes), v16);
    return;
  }
  bytes16 pairs = *(const bytes16 *)(bytes + (kind == q4_1 ? 4 : 2));
  *low = __builtin_convertvector(pairs & 15, v16);
  *high = __builtin_convertvector(pairs >> 4, v16);
  *offset = kind == q4_1 ? load_half(bytes + 2, level) : -8 * *scale;
}

INLINE float sum_of_lanes(const v16 *vector) {
  float sums[lanes];
  memcpy(sums, vector, sizeof sums);
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) sums[i] += sums[i + half];
  return sums[0];
}

INLINE const uint8_t *stored_row(const ck_weight *weight, size_t row) {
  return (const uint8_t *)weight->data
    + (weight->order ? weight->order[row] : row) * weight->row_bytes;
}

INLINE void dots(
  const ck_weight *weight, size_t first, size_t count, const float *packed, const int rows,
  const int kind, const int level, float *out, size_t out_stride) {
  const size_t width = weight->width, blocks = width / block;
  // Packed rows are padded to whole vectors; whole blocks are that already.
  float block_sums[most_rows * most_blocks];
  for (int r = 0; r < rows; r++)
    for (size_t b = 0; b < blocks; b++)
      block_sums[r * most_blocks + b] = ck_sum_inline(packed + r * width + b * block, block);
  for (size_t i = first; i < first + count; i += panel) {
    const size_t live = first + count - i < panel ? first + count - i : panel;
    const uint8_t *stored[panel], *next[panel];
    UNROLL for (int p = 0; p < panel; p++) {
      stored[p] = stored_row(weight, i + ((size_t)p < live ? p : live - 1));
      const size_t later = i + 2 * panel + p;
      next[p] = stored_row(weight, later < first + count ? later : i);
    }
    v16 totals[panel * most_rows];
    float offsets[panel * most_rows];
    UNROLL for (int a = 0; a < panel * rows; a++) {
      totals[a] = (v16){0};
      offsets[a] = 0;
    }
    for (size_t b = 0; b < blocks; b++) {
      UNROLL for (int p = 0; p < panel; p++) {
        __builtin_prefetch(next[p] + b * weight->block_bytes, 0, 3);
        v16 low, high;
        float scale, offset;
        load_block(stored[p] + b * weight->block_bytes, kind, level, &low, &high, &scale, &offset);
        UNROLL for (int r = 0; r < rows; r++) {
          const float *x = packed + r * width + b * block;
          v16 part = low * *(const loose16 *)x;
          part += high * *(const loose16 *)(x + lanes);
          totals[p * rows + r] += part * scale;
          offsets[p * rows + r] += offset * block_sums[r * most_blocks + b];
        }
      }
    }
    for (size_t p = 0; p < live; p++)
      for (int r = 0; r < rows; r++)
        out[r * out_stride + i + p] = sum_of_lanes(&totals[p * rows + r]) + offsets[p * rows + r];
  }
}

#define CASES(KIND) CASE(KIND, 1) CASE(KIND, 2) CASE(KIND, 3) CASE(KIND, 4)
#define CASE(KIND, ROWS) \
  case KIND * most_rows + ROWS - 1: \
    dots(weight, first, count, packed, ROWS, KIND, level, out, out_stride); \
    break;

static CK_KERNEL(void, dots_of_kind,
  (const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, int kind,
    float *out, size_t out_stride),
  (weight, first, count, packed, rows, kind, out, out_stride)) {
  switch (kind * most_rows + (int)rows - 1) { CASES(q4_0) CASES(q4_1) CASES(q8_0) }
}

int ck_block_dots(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride) {
  int kind;
  if (weight->widen == ck_widen_q4_0) kind = q4_0;
  else if (weight->widen == ck_widen_q4_1) kind = q4_1;
  else if (weight->widen == ck_widen_q8_0) kind = q8_0;
  else return 0;
  if (rows > most_rows || weight->width / block > most_blocks) return 0;
  dots_of_kind(weight, first, count, packed, rows, kind, out, out_stride);
  return 1;
}
