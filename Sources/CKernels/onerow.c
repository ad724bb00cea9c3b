#include "CKernels.h"
#include "vector.h"

#pragma clang fp contract(fast)

enum { chunk = 64 };

CK_KERNEL(void, ck_row_dots,
  (const float *row, const float *matrix, size_t stride, size_t count, size_t width, float *out,
    int accumulating),
  (row, matrix, stride, count, width, out, accumulating)) {
  for (size_t j = 0; j < count; j++, matrix += stride) {
    float dot = ck_dot_inline(row, matrix, width);
    out[j] = accumulating ? out[j] + dot : dot;
  }
}

CK_KERNEL(void, ck_weighted_rows,
  (const float *weights, const float *matrix, size_t stride, size_t count, size_t width, float *out,
    int accumulating),
  (weights, matrix, stride, count, width, out, accumulating)) {
  size_t start = 0;
  // The sums of a chunk of columns stay in registers.
  for (; start + chunk <= width; start += chunk) {
    float sums[chunk];
    for (int i = 0; i < chunk; i++) sums[i] = accumulating ? out[start + i] : 0;
    for (size_t j = 0; j < count; j++) {
      const float *line = matrix + j * stride + start;
#pragma clang loop unroll(full)
      for (int i = 0; i < chunk; i++) sums[i] += weights[j] * line[i];
    }
    for (int i = 0; i < chunk; i++) out[start + i] = sums[i];
  }
  if (start == width) return;
  if (!accumulating)
    for (size_t i = start; i < width; i++) out[i] = 0;
  for (size_t j = 0; j < count; j++) {
    const float *line = matrix + j * stride;
    for (size_t i = start; i < width; i++) out[i] += weights[j] * line[i];
  }
}
