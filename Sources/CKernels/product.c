// Products with many rows, from a packed right operand.
#include "fewrows.h"
#include "transpose.h"

#include "CKProduct.h"

enum {
  // What is laid out of `a` at a time, [depths, row_block, CK_DEPTH], stays in the second-level
  // cache; a block of a panel, [CK_DEPTH, CK_PANEL], about fills the first.
  row_block = CK_ROWS,
  depths = CK_PRODUCT_SCRATCH / (row_block * CK_DEPTH),
};

/// Where a tile of c goes.
typedef struct {
  float *c;
  size_t stride;
  size_t rows;     // that exist
  size_t columns;  // that exist
  int accumulating;
} destination;

INLINE void store(const v16 *sums, const int rows, const int vectors, destination to) {
  UNROLL for (int r = 0; r < rows; r++) {
    if ((size_t)r < to.rows) {
      UNROLL for (int v = 0; v < vectors; v++) {
        loose16 *place = (loose16 *)(to.c + r * to.stride + v * lanes);
        const v16 sum = sums[r * vectors + v];
        *place = to.accumulating ? *place + sum : sum;
      }
    }
  }
}

INLINE void add_term(
  const float *const *a, const float *b, size_t k, const int rows, const int vectors, v16 *sums) {
  v16 columns[4];
  UNROLL for (int v = 0; v < vectors; v++)
    columns[v] = *(const v16 *)(b + k * CK_PANEL + v * lanes);
  UNROLL for (int r = 0; r < rows; r++) {
    const float left = a[r][k];
    UNROLL for (int v = 0; v < vectors; v++) sums[r * vectors + v] += left * columns[v];
  }
}

/// `rows` rows of a [.., stride] times `vectors` vectors of columns of a panel, while the place
/// of the result and a line of `next` for every four terms are fetched.
INLINE void tile(
  const float *a, size_t stride, const float *b, const float *next, size_t terms, const int rows,
  const int vectors, destination to) {
  v16 sums[24];
  const float *lines[8];
  UNROLL for (int r = 0; r < rows; r++) lines[r] = a + r * stride;
  UNROLL for (int i = 0; i < rows * vectors; i++) sums[i] = (v16){0};
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++)
      __builtin_prefetch(to.c + r * to.stride + v * lanes, 1, 3);
  size_t k = 0;
  for (; k + 4 <= terms; k += 4) {
    __builtin_prefetch(next + k * (lanes / 4), 0, 2);
    UNROLL for (int i = 0; i < 4; i++) add_term(lines, b, k + i, rows, vectors, sums);
  }
  for (; k < terms; k++) add_term(lines, b, k, rows, vectors, sums);
  store(sums, rows, vectors, to);
}

/// A tile of which not all columns exist.
INLINE void part_tile(
  const float *a, size_t stride, const float *b, const float *next, size_t terms, const int rows,
  const int vectors, destination to) {
  _Alignas(64) float whole[24 * lanes];
  destination aside = {whole, vectors * lanes, rows, vectors * lanes, 0};
  tile(a, stride, b, next, terms, rows, vectors, aside);
  for (size_t r = 0; r < to.rows; r++)
    for (size_t j = 0; j < to.columns; j++) {
      float *place = to.c + r * to.stride + j;
      const float sum = whole[r * vectors * lanes + j];
      *place = to.accumulating ? *place + sum : sum;
    }
}

/// The rows of a block of `a`: whole tiles are read where they lie unless `a` is transposed, the
/// others from where they were laid out, [.., CK_DEPTH].
typedef struct {
  const float *data;
  size_t stride;
  size_t rows;  // of whole tiles in `data`
  const float *laid_out;
} left_block;

/// All rows of a block times `vectors` vectors of columns of a panel.
INLINE void block_product(
  left_block a, const float *b, const float *next, size_t terms, const int rows,
  const int vectors, destination to) {
  const size_t all_rows = to.rows;
  for (size_t r = 0; r < all_rows;
       r += rows, to.c += rows * to.stride, next += CK_DEPTH / 4 * lanes) {
    const int in_place = r < a.rows;
    const float *source = in_place ? a.data + r * a.stride : a.laid_out + (r - a.rows) * CK_DEPTH;
    const size_t stride = in_place ? a.stride : CK_DEPTH;
    to.rows = smaller(rows, all_rows - r);
    if (to.columns < (size_t)vectors * lanes)
      part_tile(source, stride, b, next, terms, rows, vectors, to);
    else tile(source, stride, b, next, terms, rows, vectors, to);
  }
}

/// All rows of a block times one panel, `vectors` vectors of its columns at a time and the rest one
/// by one.
INLINE void panel_product(
  left_block a, const float *b, const float *next, size_t terms, const int rows,
  const int vectors, destination to) {
  size_t left = to.columns;
  for (; left > (size_t)(vectors - 1) * lanes; b += vectors * lanes, to.c += vectors * lanes) {
    to.columns = left;
    block_product(a, b, next, terms, rows, vectors, to);
    left -= smaller(left, vectors * lanes);
  }
  for (; left > 0; b += lanes, to.c += lanes) {
    to.columns = left;
    block_product(a, b, next, terms, rows, 1, to);
    left -= smaller(left, lanes);
  }
}

/// Copies a[row.., k..] into [.., CK_DEPTH]; rows up to a whole tile are zeros.
INLINE void lay_out(
  ck_left a, size_t row, size_t rows, size_t padded, size_t k, size_t terms, float *out) {
  for (size_t r = rows; r < padded; r++) memset(out + r * CK_DEPTH, 0, terms * sizeof(float));
  if (!a.transposed) {
    for (size_t r = 0; r < rows; r++)
      memcpy(out + r * CK_DEPTH, a.data + (row + r) * a.stride + k, terms * sizeof(float));
    return;
  }
  const float *source = a.data + k * a.stride + row;
  size_t r = 0;
  const size_t whole = terms / lanes * lanes;
  for (; r + lanes <= rows; r += lanes)
    for (size_t t = 0; t < whole; t += lanes) {
      const float *lines[lanes];
      for (size_t i = 0; i < lanes; i++) lines[i] = source + (t + i) * a.stride;
      transpose(lines, r, out + r * CK_DEPTH + t, CK_DEPTH);
    }
  for (size_t rest = 0; rest < rows; rest++)
    for (size_t t = rest < r ? whole : 0; t < terms; t++)
      out[rest * CK_DEPTH + t] = source[t * a.stride + rest];
}

INLINE void product(
  ck_left a, const float *packed, size_t terms, size_t columns, size_t first_row,
  size_t rows, size_t first_panel, size_t panels, int accumulating, float *c, size_t stride,
  float *scratch, const int tile_rows, const int vectors) {
  const size_t end = first_row + rows;
  for (size_t row = first_row; row < end; row += row_block) {
    const size_t here = smaller(row_block, end - row);
    const size_t in_place = a.transposed ? 0 : here / tile_rows * tile_rows;
    const size_t moved = here - in_place;
    const size_t padded = (moved + tile_rows - 1) / tile_rows * tile_rows;
    for (size_t begin = 0; begin < terms; begin += depths * CK_DEPTH) {
      const size_t stop = smaller(begin + depths * CK_DEPTH, terms);
      for (size_t k = begin; k < stop; k += CK_DEPTH)
        lay_out(
          a, row + in_place, moved, padded, k, smaller(CK_DEPTH, stop - k),
          scratch + (k - begin) * row_block);
      for (size_t panel = first_panel; panel < first_panel + panels; panel++) {
        const size_t column = panel * CK_PANEL;
        for (size_t k = begin; k < stop; k += CK_DEPTH) {
          destination to = {
            c + row * stride + column, stride, here, smaller(CK_PANEL, columns - column),
            accumulating || k > 0};
          const left_block block = {
            in_place > 0 ? a.data + row * a.stride + k : 0, a.stride, in_place,
            scratch + (k - begin) * row_block};
          const float *b = packed + column * terms + k * CK_PANEL;
          panel_product(
            block, b, b + CK_DEPTH * CK_PANEL, smaller(CK_DEPTH, stop - k), tile_rows, vectors,
            to);
        }
      }
    }
  }
}

// The tiles fill the registers of a level with sums.
CK_KERNEL(void, ck_product,
  (ck_left a, const float *packed, size_t terms, size_t columns, size_t first_row, size_t rows,
    size_t first_panel, size_t panels, int accumulating, float *c, size_t stride, float *scratch),
  (a, packed, terms, columns, first_row, rows, first_panel, panels, accumulating, c, stride,
    scratch)) {
  product(
    a, packed, terms, columns, first_row, rows, first_panel, panels, accumulating, c, stride,
    scratch, CK_TILE(8, 6, 2), CK_TILE(3, 1, 1));
}
