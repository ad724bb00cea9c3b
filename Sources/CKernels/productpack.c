// How the right operand of a product with many rows is widened and laid out.
#include "fewrows.h"
#include "transpose.h"

#include "CKProduct.h"

enum {
  pack_chunk = 256,                  // terms that are widened at a time, for a panel
  pack_stride = pack_chunk + lanes,  // an odd number of lines
  pack_rows = 8,                     // rows that are widened at a time, when they stay rows
  pack_width = 768,
};

size_t ck_packed_count(size_t terms, size_t columns) {
  return (columns + CK_PANEL - 1) / CK_PANEL * CK_PANEL * terms;
}

/// One panel of Wᵀ: `live` rows of W from `first`, [width, CK_PANEL] with zeros beyond them.
INLINE void pack_panel(const ck_weight *weight, size_t first, size_t live, float *packed) {
  _Alignas(64) float scratch[CK_PANEL * pack_stride];
  const size_t width = weight->width;
  const size_t chunk = weight->widen ? pack_chunk / weight->block * weight->block : pack_chunk;
  for (size_t k = 0; k < width; k += chunk) {
    const size_t here = smaller(chunk, width - k);
    const float *rows[CK_PANEL];
    for (size_t p = 0; p < CK_PANEL; p++) {
      rows[p] = scratch + p * pack_stride;
      if (p >= live) memset(scratch + p * pack_stride, 0, whole_vectors(here) * sizeof(float));
      else if (weight->widen)
        weight->widen(elements_of(weight, first + p, k), scratch + p * pack_stride, here);
      else rows[p] = (const float *)row_of(weight, first + p) + k;
    }
    size_t t = 0;
    for (; t + lanes <= here; t += lanes)
      for (size_t p = 0; p < CK_PANEL; p += lanes)
        transpose(rows + p, t, packed + (k + t) * CK_PANEL + p, CK_PANEL);
    for (; t < here; t++)
      for (size_t p = 0; p < CK_PANEL; p++) packed[(k + t) * CK_PANEL + p] = rows[p][t];
  }
}

CK_KERNEL(void, ck_pack_transposed,
  (const ck_weight *weight, size_t first, size_t count, size_t first_panel, size_t panels,
    float *packed),
  (weight, first, count, first_panel, panels, packed)) {
  for (size_t panel = first_panel; panel < first_panel + panels; panel++) {
    const size_t begin = panel * CK_PANEL;
    pack_panel(
      weight, first + begin, smaller(CK_PANEL, count - begin),
      packed + begin * weight->width);
  }
}

CK_KERNEL(void, ck_pack,
  (const ck_weight *weight, size_t first, size_t count, size_t from_row, size_t rows,
    float *packed),
  (weight, first, count, from_row, rows, packed)) {
  _Alignas(64) float scratch[pack_rows * (pack_width + lanes)];
  const size_t width = weight->width;
  const size_t chunk = weight->widen ? pack_width / weight->block * weight->block : pack_width;
  for (size_t i = from_row; i < from_row + rows; i += pack_rows) {
    const size_t live = smaller(pack_rows, from_row + rows - i);
    for (size_t j = 0; j < width; j += chunk) {
      const size_t end = smaller(j + chunk, width);
      const float *source[pack_rows];
      for (size_t r = 0; r < live; r++) {
        float *widened = scratch + r * (pack_width + lanes);
        if (weight->widen) weight->widen(elements_of(weight, first + i + r, j), widened, end - j);
        source[r] =
          weight->widen ? widened : (const float *)row_of(weight, first + i + r) + j;
      }
      size_t next;
      for (size_t column = j; column < end; column = next) {
        const size_t inside = column % CK_PANEL;
        next = smaller(column - inside + CK_PANEL, end);
        float *out = packed + (column - inside) * count + i * CK_PANEL + inside;
        const size_t padded = next == width ? CK_PANEL - inside : next - column;
        for (size_t r = 0; r < live; r++, out += CK_PANEL) {
          if (next - column == CK_PANEL) {
            memcpy(out, source[r] + column - j, CK_PANEL * sizeof(float));
            continue;
          }
          for (size_t c = 0; c < padded; c++)
            out[c] = column + c < next ? source[r][column - j + c] : 0;
        }
      }
    }
  }
}
