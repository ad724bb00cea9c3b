// Dot products with blocks of small integers that are widened in registers.
#ifndef CK_BLOCK_DOTS_H
#define CK_BLOCK_DOTS_H

#include "CKWeights.h"

/// ck_few_product for up to four rows of Q4_0, Q4_1 or Q8_0 weights; false when the weight is
/// another, and nothing is done.
int ck_block_dots(
  const ck_weight *weight, size_t first, size_t count, const float *packed, size_t rows, float *out,
  size_t out_stride);

#endif
