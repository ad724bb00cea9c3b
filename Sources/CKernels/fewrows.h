// What the few-row products share: vectors, tile sizes, and how stored rows are found.
#ifndef CK_FEW_ROWS_H
#define CK_FEW_ROWS_H

#include "CKWeights.h"
#include "vector.h"

#pragma clang fp contract(fast)

// Vectors are never passed by value: how they would be passed depends on the level.
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

/// Up to plain_rows rows x is packed row by row, padded with zeros to whole vectors and, beyond
/// single_rows, to plain_rows rows; more rows column by column, padded to 16 or 32 rows.
INLINE size_t padded_rows(size_t rows) {
  return rows <= single_rows ? rows : rows <= plain_rows ? plain_rows : whole_vectors(rows);
}

#endif
