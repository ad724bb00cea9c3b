// Products of float32 rows with frozen weights, read in the form in which a checkpoint stores them.
//
// A weight W is a matrix [outputs, inputs]; x is [rows, inputs]. With few rows (≤ CK_FEW_ROWS) a
// product is bound by how fast W can be read, so W is read once, in its stored form, a panel of
// rows at a time that stays in the first-level cache while it is widened and used.
#ifndef CKWEIGHTS_H
#define CKWEIGHTS_H

#include <stddef.h>
#include <stdint.h>

// An element of a product has the same bits however the outputs (or inputs) are split over calls.
// Up to 4, 8, 16 and 32 rows are summed in their own ways; within one of these a row's result
// does not depend on the other rows.

/// A frozen matrix in the form of its file.
typedef struct {
  /// The first stored row.
  const void *data;
  /// Bytes from one stored row to the next.
  size_t row_bytes;
  /// The length of a row.
  size_t width;
  /// Row i of the matrix is stored row order[i]; NULL: they are in order.
  const uint32_t *order;
  /// Widens whole blocks (`count` is a multiple of `block`); NULL: aligned float32, read as it is.
  void (*widen)(const void *blocks, float *out, size_t count);
  /// Elements and bytes of one block; width is a multiple of `block`, which is 1 or a multiple
  /// of 16 up to 256. 1 and 4 for float32.
  size_t block;
  size_t block_bytes;
} ck_weight;

/// Rows that the few-row products take at most.
enum { CK_FEW_ROWS = 32 };

/// Widens rows first..<first + count, [count, width].
void ck_weight_rows(const ck_weight *weight, size_t first, size_t count, float *out);

/// How many floats ck_few_pack writes for a matrix [rows, width].
size_t ck_few_packed_count(size_t rows, size_t width);
/// Lays out the left operand [rows, width] of a few-row product, rows ≤ CK_FEW_ROWS, as the product
/// reads it; `packed` is 64-byte aligned.
void ck_few_pack(const float *x, size_t rows, size_t width, float *packed);

/// out[r, i] = Σ_k x[r, k] · W[i, k] for the outputs i in first..<first + count; `packed` is x
/// [rows, width] by ck_few_pack. Only those columns of out [rows, out_stride] are written.
void ck_few_product(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride);

/// out[r, j] = Σ_i y[r, i] · W[i, j] for the inputs j in first..<first + count, which are whole
/// blocks; `packed` is y [rows, outputs] by ck_few_pack. Only those columns of out
/// [rows, out_stride] are written.
void ck_few_product_transposed(
  const ck_weight *weight, size_t outputs, size_t first, size_t count, const float *packed,
  size_t rows, float *out, size_t out_stride);

#endif
