// x·Wᵀ with few rows of x.
#include "blockdots.h"
#include "fewrows.h"

// --- product, x row by row: dot products ---------------------------------------------------------

/// Stores the sums of the lanes of `live` of at most four vectors.
INLINE void store_sums(const v16 *vectors, const int count, size_t live, float *out) {
  v4 quarters[most_dot_panel];
  UNROLL for (int a = 0; a < most_dot_panel; a++) {
    const v16 all = vectors[a < count ? a : 0];
    v8 half = __builtin_shufflevector(all, all, 0, 1, 2, 3, 4, 5, 6, 7)
      + __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15);
    quarters[a] = __builtin_shufflevector(half, half, 0, 1, 2, 3)
      + __builtin_shufflevector(half, half, 4, 5, 6, 7);
  }
  v4 low = __builtin_shufflevector(quarters[0], quarters[1], 0, 4, 1, 5)
    + __builtin_shufflevector(quarters[0], quarters[1], 2, 6, 3, 7);
  v4 high = __builtin_shufflevector(quarters[2], quarters[3], 0, 4, 1, 5)
    + __builtin_shufflevector(quarters[2], quarters[3], 2, 6, 3, 7);
  v4 sums = __builtin_shufflevector(low, high, 0, 1, 4, 5)
    + __builtin_shufflevector(low, high, 2, 3, 6, 7);
  if (live == most_dot_panel) *(loose4 *)out = sums;
  else for (size_t a = 0; a < live; a++) out[a] = sums[a];
}

/// total[r, p] += w[p] · x[r], lane by lane, while the lines of `next` are fetched.
INLINE void dot_vectors(
  const float *const *w, const float *const *next, const int panel, const float *x, size_t stride,
  const int rows, size_t vectors, v16 *total) {
  v16 sums[most_dot_panel * single_rows];
  UNROLL for (int a = 0; a < panel * rows; a++) sums[a] = total[a];
  for (size_t k = 0; k < vectors * lanes; k += lanes) {
    if (next) {
      UNROLL for (int p = 0; p < panel; p++) __builtin_prefetch(next[p] + k, 0, 3);
    }
    v16 columns[single_rows];
    UNROLL for (int r = 0; r < rows; r++) columns[r] = *(const v16 *)(x + r * stride + k);
    UNROLL for (int p = 0; p < panel; p++) {
      v16 weights = *(const loose16 *)(w[p] + k);
      UNROLL for (int r = 0; r < rows; r++) sums[r * panel + p] += weights * columns[r];
    }
  }
  UNROLL for (int a = 0; a < panel * rows; a++) total[a] = sums[a];
}

/// All groups of `rows` rows of x.
INLINE void dot_groups(
  const float *const *w, const float *const *next, const int panel, const float *x, size_t stride,
  size_t all_rows, const int rows, size_t vectors, v16 *total) {
  for (size_t r = 0; r < all_rows; r += rows)
    dot_vectors(
      w, r == 0 ? next : NULL, panel, x + r * stride, stride, rows, vectors,
      total + r * panel);
}

INLINE void product_by_dots(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t all_rows,
  const int rows, const int panel, float *out, size_t out_stride) {
  _Alignas(64) float scratch[most_dot_panel * dot_stride];
  v16 total[most_dot_panel * plain_rows];
  const size_t width = weight->width, padded = whole_vectors(width), end = first + count;
  const size_t chunk = weight->widen ? even_chunk(width, dot_chunk, weight->block) : width;
  for (size_t i = first; i < end; i += panel) {
    const size_t live = smaller(panel, end - i);
    for (size_t a = 0; a < panel * padded_rows(all_rows); a++) total[a] = (v16){0};
    const float *w[most_dot_panel], *next[most_dot_panel];
    if (weight->widen) {
      for (size_t k = 0; k < width; k += chunk) {
        const size_t here = smaller(chunk, width - k), here_padded = whole_vectors(here);
        for (size_t p = 0; p < live; p++) {
          float *widened = scratch + p * dot_stride;
          weight->widen(elements_of(weight, i + p, k), widened, here);
          for (size_t pad = here; pad < here_padded; pad++) widened[pad] = 0;
        }
        UNROLL for (int p = 0; p < panel; p++)
          w[p] = scratch + smaller(p, live - 1) * dot_stride;
        dot_groups(
          w, NULL, panel, packed + k, padded, all_rows, rows, here_padded / lanes, total);
      }
    } else {
      UNROLL for (int p = 0; p < panel; p++) {
        w[p] = (const float *)row_of(weight, smaller(i + p, end - 1));
        next[p] = (const float *)row_of(weight, smaller(i + panel + p, end - 1));
      }
      const size_t whole = width / lanes * lanes;
      dot_groups(w, next, panel, packed, padded, all_rows, rows, whole / lanes, total);
      if (whole < width) {
        UNROLL for (int p = 0; p < panel; p++) {
          for (size_t k = 0; k < lanes; k++)
            scratch[p * lanes + k] = whole + k < width ? w[p][whole + k] : 0;
          w[p] = scratch + p * lanes;
        }
        dot_groups(w, NULL, panel, packed + whole, padded, all_rows, rows, 1, total);
      }
    }
    for (size_t r = 0; r < all_rows; r++)
      store_sums(total + r * panel, panel, live, out + r * out_stride + i);
  }
}

// --- product, x column by column -----------------------------------------------------------------

/// total[p] += Σ_k w[p][k] · x[k], the lanes being the rows of x.
INLINE void panel_columns(
  const float *const *w, const float *const *next, const int panel, const float *x,
  const int vectors, size_t count, v16 *total) {
  v16 sums[2 * most_product_panel];
  UNROLL for (int a = 0; a < panel * vectors; a++) sums[a] = (v16){0};
  const float *row[most_product_panel];
  UNROLL for (int p = 0; p < panel; p++) row[p] = w[p];
  for (size_t begin = 0; begin < count; begin += lanes) {
    if (next) {
      // A few lines ahead in the same rows, at their end in the next: far enough for memory, and
      // near enough for the first-level cache.
      const int same = begin + ahead < count;
      const float *const *from = same ? w : next;
      size_t at = same ? begin + ahead : begin + ahead - count;
      UNROLL for (int p = 0; p < panel; p++) __builtin_prefetch(from[p] + at, 0, 3);
    }
    size_t end = smaller(begin + lanes, count);
    _Pragma("clang loop unroll_count(4)") for (size_t k = begin; k < end; k++) {
      v16 column[2];
      UNROLL for (int v = 0; v < vectors; v++)
        column[v] = *(const v16 *)(x + (k * vectors + v) * lanes);
      UNROLL for (int p = 0; p < panel; p++)
        UNROLL for (int v = 0; v < vectors; v++) sums[p * vectors + v] += row[p][k] * column[v];
    }
  }
  UNROLL for (int a = 0; a < panel * vectors; a++) total[a] += sums[a];
}

/// out[r, p] = columns[p, r] for `count` columns and the first `rows` of their rows.
INLINE void store_transposed(
  const float *columns, size_t count, const size_t column, size_t rows, float *out,
  size_t out_stride) {
  size_t r = 0, whole = count / 4 * 4;
  for (; r + 4 <= rows; r += 4)
    for (size_t p = 0; p < whole; p += 4) {
      const float *corner = columns + p * column + r;
      v4 a = *(const v4 *)corner, b = *(const v4 *)(corner + column);
      v4 c = *(const v4 *)(corner + 2 * column), d = *(const v4 *)(corner + 3 * column);
      v4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      v4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      v4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      v4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      float *place = out + r * out_stride + p;
      *(loose4 *)place = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
      *(loose4 *)(place + out_stride) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
      *(loose4 *)(place + 2 * out_stride) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
      *(loose4 *)(place + 3 * out_stride) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
    }
  for (size_t rest = 0; rest < rows; rest++)
    for (size_t p = rest < r ? whole : 0; p < count; p++)
      out[rest * out_stride + p] = columns[p * column + rest];
}

INLINE void product_by_columns(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows,
  const int vectors, const int panel, float *out, size_t out_stride) {
  _Alignas(64) float scratch[most_product_panel * product_stride];
  const size_t width = weight->width, end = first + count;
  const size_t chunk =
    even_chunk(width, weight->widen ? product_chunk : float_chunk, weight->block);
  for (size_t i = first; i < end; i += panel) {
    const size_t live = smaller(panel, end - i);
    v16 total[2 * most_product_panel];
    UNROLL for (int a = 0; a < panel * vectors; a++) total[a] = (v16){0};
    for (size_t k = 0; k < width; k += chunk) {
      const size_t here = smaller(chunk, width - k);
      const float *w[most_product_panel], *next[most_product_panel];
      if (weight->widen) {
        for (size_t p = 0; p < live; p++)
          weight->widen(elements_of(weight, i + p, k), scratch + p * product_stride, here);
        UNROLL for (int p = 0; p < panel; p++)
          w[p] = scratch + smaller(p, live - 1) * product_stride;
        panel_columns(
          w, NULL, panel, packed + k * vectors * lanes, vectors, here, total);
      } else {
        const int last = k + here == width;
        for (int p = 0; p < panel; p++) {
          w[p] = (const float *)row_of(weight, smaller(i + p, end - 1)) + k;
          next[p] = last ? (const float *)row_of(weight, smaller(i + panel + p, end - 1))
                         : w[p] + here;
        }
        panel_columns(w, next, panel, packed + k * vectors * lanes, vectors, here, total);
      }
    }
    store_transposed((const float *)total, live, vectors * lanes, rows, out + i, out_stride);
  }
}

// --- the tiles of each level ---------------------------------------------------------------------

#define DOTS(ROWS, PANEL) \
  case ROWS: \
    product_by_dots(weight, first, count, packed, rows, ROWS, PANEL, out, out_stride); \
    return;

/// The tiles fill the registers of a level with accumulators: how many rows of W for 1, 2, 3 and
/// groups of 4 rows of x, for one vector of rows and for two.
static CK_KERNEL(void, product,
  (const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows,
    float *out, size_t out_stride),
  (weight, first, count, packed, rows, out, out_stride)) {
  switch (rows) {
    DOTS(1, CK_TILE(4, 4, 2))
    DOTS(2, CK_TILE(4, 2, 1))
    DOTS(3, CK_TILE(4, 2, 1))
  }
  if (rows <= plain_rows)
    product_by_dots(
      weight, first, count, packed, rows, 4, CK_TILE(4, 1, 1), out, out_stride);
  else if (rows <= lanes)
    product_by_columns(
      weight, first, count, packed, rows, 1, CK_TILE(12, 6, 2), out, out_stride);
  else
    product_by_columns(
      weight, first, count, packed, rows, 2, CK_TILE(12, 3, 1), out, out_stride);
}

void ck_few_product(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride) {
  if (rows == 0 || ck_block_dots(weight, first, count, packed, rows, out, out_stride)) return;
  product(weight, first, count, packed, rows, out, out_stride);
}
