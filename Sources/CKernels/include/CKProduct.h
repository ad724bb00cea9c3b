// Products with many rows: c = a·B, where B is a stored weight, its transpose, or computed rows.
//
// B is packed first, in panels of CK_PANEL columns: its numbers are widened and laid out in one
// step, in the order in which the innermost loop reads them. Callers split both steps over threads:
// packing by B's panels or rows, multiplying by rows and panels of c.
//
// An element of c is Σ over blocks of CK_DEPTH terms of (Σ over the block's terms, in order), the
// blocks added in order. At one level this depends on nothing but the terms: not on how
// many rows or columns there are, where the element lies, or how the work is split.
#ifndef CKPRODUCT_H
#define CKPRODUCT_H

#include "CKWeights.h"

enum {
  /// Columns of B in a panel.
  CK_PANEL = 48,
  /// Terms that are summed before they are added to c.
  CK_DEPTH = 192,
  /// Rows that a call of ck_product takes at a time, and the scratch that it needs, in floats.
  CK_ROWS = 96,
  CK_PRODUCT_SCRATCH = 4 * CK_ROWS * CK_DEPTH,
};

/// How many floats a packed matrix B [terms, columns] takes.
size_t ck_packed_count(size_t terms, size_t columns);

/// Packs B = Wᵀ for the rows first..<first + count of W, whose number is [terms, count]: panels
/// first_panel..<first_panel + panels of them; `packed` is where panel 0 starts, 64-byte aligned.
void ck_pack_transposed(
  const ck_weight *weight, size_t first, size_t count, size_t first_panel, size_t panels,
  float *packed);

/// Packs B = the rows first..<first + count of W, [count, W's width]: B's rows
/// from_row..<from_row + rows; `packed` is where panel 0 starts, 64-byte aligned.
void ck_pack(
  const ck_weight *weight, size_t first, size_t count, size_t from_row, size_t rows,
  float *packed);

/// The left operand a [rows, terms] of a product, or its transpose.
typedef struct {
  const float *data;
  /// From one stored row to the next: a row of a, or with `transposed` a term of it.
  size_t stride;
  int transposed;
} ck_left;

/// c[r, j] = Σ_k a[r, k] · B[k, j], or c += with `accumulating`, for the rows
/// first_row..<first_row + rows and the panels first_panel..<first_panel + panels of the `columns`
/// columns; `packed` is where panel 0 starts. `scratch` has CK_PRODUCT_SCRATCH floats, 64-byte
/// aligned.
void ck_product(
  ck_left a, const float *packed, size_t terms, size_t columns, size_t first_row, size_t rows,
  size_t first_panel, size_t panels, int accumulating, float *c, size_t stride, float *scratch);

#endif
