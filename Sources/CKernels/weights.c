#include "CKWeights.h"
#include "blockdots.h"
#include "vector.h"

#pragma clang fp contract(fast)

// Vectors are never passed by value: how they would be passed depends on the instruction set.
typedef float v4 __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));
/// Four and sixteen floats anywhere in memory.
typedef float loose4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef float loose16 __attribute__((vector_size(64), aligned(4), may_alias));

#define UNROLL _Pragma("clang loop unroll(full)")

enum {
  lanes = 16,
  single_rows = 4,  // up to here every number of rows has its own kernel
  plain_rows = 8,
  // Rows of W that a tile takes at most.
  most_dot_panel = 4,
  most_product_panel = 12,
  most_transposed_panel = 32,
  // Columns of W that are taken at a time; float32, which needs no scratch, takes more.
  dot_chunk = 1024,
  product_chunk = 512,
  float_chunk = 2048,
  // An odd number of lines from row to row: rows must not share the cache's sets.
  dot_stride = dot_chunk + lanes,
  product_stride = product_chunk + lanes,
  transposed_scratch = 12800,  // floats: 8 rows of 1584 or 32 of 368
  ahead = 64,                  // floats from what is used to what is fetched
};

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t whole_vectors(size_t count) { return (count + lanes - 1) / lanes * lanes; }

INLINE const char *row_of(const ck_weight *weight, size_t row) {
  size_t stored = weight->order ? weight->order[row] : row;
  return (const char *)weight->data + stored * weight->row_bytes;
}

/// A row's stored bytes from element `first`, which starts a block.
INLINE const char *elements_of(const ck_weight *weight, size_t row, size_t first) {
  return row_of(weight, row) + first / weight->block * weight->block_bytes;
}

/// Splits `count` into pieces of about the same size: whole blocks and vectors, at most `most`.
INLINE size_t even_chunk(size_t count, size_t most, size_t block) {
  size_t unit = block < lanes ? lanes : block;
  most = most / unit * unit;
  size_t pieces = (count + most - 1) / most;
  if (pieces <= 1) return count;
  return smaller(((count + pieces - 1) / pieces + unit - 1) / unit * unit, most);
}

void ck_weight_rows(const ck_weight *weight, size_t first, size_t count, float *out) {
  for (size_t row = 0; row < count; row++, out += weight->width) {
    const char *stored = row_of(weight, first + row);
    if (weight->widen) weight->widen(stored, out, weight->width);
    else memcpy(out, stored, weight->width * sizeof(float));
  }
}

// --- packing -------------------------------------------------------------------------------------

// Up to plain_rows rows x is packed row by row, padded with zeros to whole vectors and, beyond
// single_rows, to plain_rows rows; more rows column by column, padded to 16 or 32 rows.

INLINE size_t padded_rows(size_t rows) {
  return rows <= single_rows ? rows : rows <= plain_rows ? plain_rows : whole_vectors(rows);
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

// --- transposed product --------------------------------------------------------------------------

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

// --- instruction sets ----------------------------------------------------------------------------

typedef void product_function(
  const ck_weight *, size_t, size_t, const float *, size_t, float *, size_t);
typedef void transposed_function(
  const ck_weight *, size_t, size_t, size_t, const float *, size_t, float *, size_t);

#define DOTS(ROWS, PANEL) \
  case ROWS: \
    product_by_dots(weight, first, count, packed, rows, ROWS, PANEL, out, out_stride); \
    return;
#define TRANSPOSED(ROWS, VECTORS) \
  case ROWS: \
    transposed_by_panels( \
      weight, outputs, first, count, y, rows, ROWS, VECTORS, 8, out, out_stride); \
    return;

/// The tiles fill the registers of an instruction set with accumulators. Of the product: how many
/// rows of W for 1, 2, 3 and groups of 4 rows of x, for one vector of rows and for two. Of the
/// transposed product: how many vectors of columns for 1 to 4 rows; the rows of a group of more
/// rows, and its vectors.
#define KERNELS( \
  NAME, TARGET, PANEL1, PANEL2, PANEL3, PANEL4, PANEL16, PANEL32, VECTORS1, VECTORS2, VECTORS3, \
  VECTORS4, GROUP, VECTORS_GROUP) \
  TARGET static void product_##NAME( \
    const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, \
    float *out, size_t out_stride) { \
    switch (rows) { \
      DOTS(1, PANEL1) \
      DOTS(2, PANEL2) \
      DOTS(3, PANEL3) \
    } \
    if (rows <= plain_rows) \
      product_by_dots(weight, first, count, packed, rows, 4, PANEL4, out, out_stride); \
    else if (rows <= lanes) \
      product_by_columns(weight, first, count, packed, rows, 1, PANEL16, out, out_stride); \
    else product_by_columns(weight, first, count, packed, rows, 2, PANEL32, out, out_stride); \
  } \
  TARGET static void transposed_##NAME( \
    const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed, \
    size_t rows, float *out, size_t out_stride) { \
    left_rows y = {packed, whole_vectors(outputs), 1}; \
    switch (rows) { \
      TRANSPOSED(1, VECTORS1) \
      TRANSPOSED(2, VECTORS2) \
      TRANSPOSED(3, VECTORS3) \
      TRANSPOSED(4, VECTORS4) \
    } \
    if (rows > plain_rows) { \
      y.row_step = 1; \
      y.output_step = whole_vectors(rows); \
    } \
    transposed_by_panels( \
      weight, outputs, first, count, y, rows, GROUP, VECTORS_GROUP, 32, out, out_stride); \
  }

#if defined(__x86_64__)
KERNELS(avx512, CK_TARGET_AVX512, 4, 4, 4, 4, 12, 12, 8, 8, 4, 4, 8, 3)
KERNELS(avx2, CK_TARGET_AVX2, 4, 2, 2, 1, 6, 3, 4, 2, 1, 1, 4, 1)
KERNELS(baseline, , 2, 1, 1, 1, 2, 1, 2, 1, 1, 1, 2, 1)
static product_function *const products[] = {product_baseline, product_avx2, product_avx512};
static transposed_function *const transposed_products[] = {
  transposed_baseline, transposed_avx2, transposed_avx512};
#else
// 32 registers of four floats.
KERNELS(baseline, , 4, 2, 2, 1, 6, 3, 4, 2, 1, 1, 4, 1)
static product_function *const products[] = {product_baseline};
static transposed_function *const transposed_products[] = {transposed_baseline};
#endif

void ck_few_product(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride) {
  if (rows == 0 || ck_block_dots(weight, first, count, packed, rows, out, out_stride)) return;
  products[ck_instruction_set()](weight, first, count, packed, rows, out, out_stride);
}

void ck_few_product_transposed(
  const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed,
  size_t rows, float *out, size_t out_stride) {
  if (outputs == 0)
    for (size_t r = 0; r < rows; r++)
      memset(out + r * out_stride + first, 0, count * sizeof(float));
  else if (rows > 0)
    transposed_products[ck_instruction_set()](
      weight, outputs, first, count, packed, rows, out, out_stride);
}
