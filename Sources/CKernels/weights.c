#include "CKWeights.h"

#include <string.h>

static const char *row_of(const ck_weight *weight, size_t row) {
  size_t stored = weight->order ? weight->order[row] : row;
  return (const char *)weight->data + stored * weight->row_bytes;
}

static void widen(const ck_weight *weight, const char *blocks, float *out, size_t count) {
  if (weight->widen) weight->widen(blocks, out, count);
  else memcpy(out, blocks, count * sizeof(float));
}

void ck_weight_rows(const ck_weight *weight, size_t first, size_t count, float *out) {
  for (size_t row = 0; row < count; row++, out += weight->width)
    widen(weight, row_of(weight, first + row), out, weight->width);
}

size_t ck_few_packed_count(size_t rows, size_t width) { return rows * width; }

void ck_few_pack(const float *x, size_t rows, size_t width, float *packed) {
  memcpy(packed, x, rows * width * sizeof(float));
}

void ck_few_product(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride) {
  float scratch[weight->width];
  for (size_t i = first; i < first + count; i++) {
    widen(weight, row_of(weight, i), scratch, weight->width);
    for (size_t r = 0; r < rows; r++) {
      float total = 0;
      for (size_t k = 0; k < weight->width; k++) total += packed[r * weight->width + k] * scratch[k];
      out[r * out_stride + i] = total;
    }
  }
}

void ck_few_product_transposed(
  const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed,
  size_t rows, float *out, size_t out_stride) {
  float scratch[count];
  for (size_t r = 0; r < rows; r++) memset(out + r * out_stride + first, 0, count * sizeof(float));
  for (size_t i = 0; i < outputs; i++) {
    widen(
      weight, row_of(weight, i) + first / weight->block * weight->block_bytes, scratch, count);
    for (size_t r = 0; r < rows; r++)
      for (size_t j = 0; j < count; j++)
        out[r * out_stride + first + j] += packed[r * outputs + i] * scratch[j];
  }
}
