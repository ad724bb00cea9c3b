#include "fewrows.h"

void ck_weight_rows(const ck_weight *weight, size_t first, size_t count, float *out) {
  for (size_t row = 0; row < count; row++, out += weight->width) {
    const char *stored = row_of(weight, first + row);
    if (weight->widen) weight->widen(stored, out, weight->width);
    else memcpy(out, stored, weight->width * sizeof(float));
  }
}


size_t ck_few_packed_count(size_t rows, size_t width) {
  return padded_rows(rows) * (rows <= plain_rows ? whole_vectors(width) : width);
}

void ck_few_pack(const float *x, size_t rows, size_t width, float *packed) {
  const size_t all_rows = padded_rows(rows);
  if (rows <= plain_rows) {
    const size_t padded = whole_vectors(width);
    for (size_t r = 0; r < rows; r++, packed += padded) {
      memcpy(packed, x + r * width, width * sizeof(float));
      memset(packed + width, 0, (padded - width) * sizeof(float));
    }
    memset(packed, 0, (all_rows - rows) * padded * sizeof(float));
    return;
  }
  for (size_t k = 0; k < width; k++, packed += all_rows) {
    for (size_t r = 0; r < rows; r++) packed[r] = x[r * width + k];
    for (size_t r = rows; r < all_rows; r++) packed[r] = 0;
  }
}
