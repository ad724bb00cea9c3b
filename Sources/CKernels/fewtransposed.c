// y·W with few rows of y.
#include "fewrows.h"

/// Where one group of rows of the packed y is.
typedef struct {
  const float *start;
  size_t row_step;     // from row r to row r + 1 of the same output
  size_t output_step;  // from output i to output i + 1 of the same row
} left_rows;

/// out[r, j] (+)= Σ_i y[r, i] · w[i][j] over a panel of `count` rows of W and `vectors` vectors of
/// columns; rows of the group beyond `live` are not written.
INLINE void transposed_tile(
  const float *const *w, const float *const *next, size_t next_j, size_t count, size_t j,
  left_rows y, const int rows, const int vectors, float *out, size_t out_stride, size_t live,
  int overwrite) {
  v16 sums[32];
  UNROLL for (int a = 0; a < rows * vectors; a++) sums[a] = (v16){0};
  const float *left = y.start;
  for (size_t i = 0; i < count; i++, left += y.output_step) {
    if (next)
      UNROLL for (int v = 0; v < vectors; v++)
        __builtin_prefetch(next[i] + next_j + v * lanes, 0, 3);
    v16 weights[8];
    UNROLL for (int v = 0; v < vectors; v++)
      weights[v] = *(const loose16 *)(w[i] + j + v * lanes);
    UNROLL for (int r = 0; r < rows; r++) {
      float scale = left[r * y.row_step];
      UNROLL for (int v = 0; v < vectors; v++) sums[r * vectors + v] += scale * weights[v];
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    if ((size_t)r < live) {
      UNROLL for (int v = 0; v < vectors; v++) {
        loose16 *place = (loose16 *)(out + r * out_stride + v * lanes);
        *place = overwrite ? sums[r * vectors + v] : *place + sums[r * vectors + v];
      }
    }
  }
}

/// The last columns, fewer than a vector.
INLINE void transposed_tail(
  const float *const *w, size_t count, size_t j, size_t columns, left_rows y, const int rows,
  float *out, size_t out_stride, size_t live, int overwrite) {
  _Alignas(64) float padded[most_transposed_panel * lanes], sums[8 * lanes];
  const float *rows_of_tail[most_transposed_panel];
  for (size_t i = 0; i < count; i++) {
    rows_of_tail[i] = padded + i * lanes;
    for (size_t c = 0; c < lanes; c++) padded[i * lanes + c] = c < columns ? w[i][j + c] : 0;
  }
  transposed_tile(rows_of_tail, NULL, 0, count, 0, y, rows, 1, sums, lanes, rows, 1);
  for (size_t r = 0; r < live; r++)
    for (size_t c = 0; c < columns; c++) {
      float *place = out + r * out_stride + c;
      *place = overwrite ? sums[r * lanes + c] : *place + sums[r * lanes + c];
    }
}

/// All row groups of a panel [count, columns] of W.
INLINE void transposed_columns(
  const float *const *w, const float *const *next, size_t count, size_t columns, left_rows y,
  size_t all_rows, const int rows, const int vectors, float *out, size_t out_stride,
  int overwrite) {
  size_t j = 0;
  for (; j + vectors * lanes <= columns; j += vectors * lanes) {
    const int same = j + 2 * vectors * lanes <= columns;
    for (size_t r = 0; r < all_rows; r += rows) {
      left_rows group = {y.start + r * y.row_step, y.row_step, y.output_step};
      transposed_tile(
        w, r > 0 ? NULL : (same && next) ? w : next, same ? j + vectors * lanes : 0, count, j,
        group, rows, vectors, out + r * out_stride + j, out_stride, all_rows - r, overwrite);
    }
  }
  for (; j + lanes <= columns; j += lanes)
    for (size_t r = 0; r < all_rows; r += rows) {
      left_rows group = {y.start + r * y.row_step, y.row_step, y.output_step};
      transposed_tile(
        w, NULL, 0, count, j, group, rows, 1, out + r * out_stride + j, out_stride, all_rows - r,
        overwrite);
    }
  if (j < columns)
    for (size_t r = 0; r < all_rows; r += rows) {
      left_rows group = {y.start + r * y.row_step, y.row_step, y.output_step};
      transposed_tail(
        w, count, j, columns - j, group, rows, out + r * out_stride + j, out_stride,
        smaller(rows, all_rows - r), overwrite);
    }
}

INLINE void transposed_by_panels(
  const ck_weight *weight, size_t outputs, size_t first, size_t count, left_rows y,
  size_t all_rows, const int rows, const int vectors, const int panel, float *out,
  size_t out_stride) {
  _Alignas(64) float scratch[transposed_scratch];
  const size_t stride = transposed_scratch / panel / (2 * lanes) * (2 * lanes) - lanes;
  const size_t chunk = even_chunk(count, weight->widen ? stride : float_chunk, weight->block);
  out += first;
  for (size_t i = 0; i < outputs; i += panel) {
    const size_t live = smaller(panel, outputs - i);
    const left_rows here_y = {y.start + i * y.output_step, y.row_step, y.output_step};
    for (size_t j = 0; j < count; j += chunk) {
      const size_t here = smaller(chunk, count - j);
      const float *w[most_transposed_panel], *next[most_transposed_panel];
      if (weight->widen) {
        for (size_t p = 0; p < live; p++) {
          w[p] = scratch + p * stride;
          weight->widen(elements_of(weight, i + p, first + j), scratch + p * stride, here);
        }
      } else {
        const int last = j + here == count;
        for (size_t p = 0; p < live; p++) {
          w[p] = (const float *)row_of(weight, i + p) + first + j;
          const size_t later = smaller(i + panel + p, outputs - 1);
          next[p] = last ? (const float *)row_of(weight, later) + first : w[p] + here;
        }
      }
      transposed_columns(
        w, weight->widen ? NULL : next, live, here, here_y, all_rows, rows, vectors, out + j,
        out_stride, i == 0);
    }
  }
}

// --- the tiles of each level ---------------------------------------------------------------------

#define FEW(ROWS, VECTORS) \
  case ROWS: \
    transposed_by_panels( \
      weight, outputs, first, count, y, rows, ROWS, VECTORS, 8, out, out_stride); \
    return;

/// The tiles fill the registers of a level with accumulators: how many vectors of columns for 1 to
/// 4 rows of y; the rows of a group of more rows, and its vectors.
static CK_KERNEL(void, transposed_product,
  (const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed,
    size_t rows, float *out, size_t out_stride),
  (weight, outputs, first, count, packed, rows, out, out_stride)) {
  left_rows y = {packed, whole_vectors(outputs), 1};
  switch (rows) {
    FEW(1, CK_TILE(8, 4, 2))
    FEW(2, CK_TILE(8, 2, 1))
    FEW(3, CK_TILE(4, 1, 1))
    FEW(4, CK_TILE(4, 1, 1))
  }
  if (rows > plain_rows) {
    y.row_step = 1;
    y.output_step = whole_vectors(rows);
  }
  transposed_by_panels(
    weight, outputs, first, count, y, rows, CK_TILE(8, 4, 2), CK_TILE(3, 1, 1), 32, out,
    out_stride);
}

void ck_few_product_transposed(
  const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed,
  size_t rows, float *out, size_t out_stride) {
  if (outputs == 0)
    for (size_t r = 0; r < rows; r++)
      memset(out + r * out_stride + first, 0, count * sizeof(float));
  else if (rows > 0)
    transposed_product(weight, outputs, first, count, packed, rows, out, out_stride);
}
