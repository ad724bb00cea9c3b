// Blocks of 256 with two or three bits an element, or a trit.
#include "widening.h"

// A byte of q holds one element of each of four groups of 32 in a bit pair; 32 bytes make a half of
// the block. A scale is one of 16 elements: two of each group.

INLINE void widen_q2_k(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 84) {
    const float d = load_half(block + 80, level), dmin = load_half(block + 82, level);
    float scales[16], minima[16];
    for (int i = 0; i < 16; i++) scales[i] = d * (float)(block[i] & 15);
    for (int i = 0; i < 16; i++) minima[i] = dmin * (float)(block[i] >> 4);
    const uint8_t *q = block + 16;
    for (int half = 0; half < 2; half++, q += 32)
      _Pragma("clang loop unroll(full)") for (int group = 0; group < 4; group++)
        for (int part = 0; part < 2; part++, out += 16) {
          const int s = 8 * half + 2 * group + part;
          const float scale = scales[s], minimum = minima[s];
          for (int i = 0; i < 16; i++)
            out[i] = scale * (float)(q[16 * part + i] >> 2 * group & 3) - minimum;
        }
  }
}
WIDENING(widen_q2_k)

/// The 16 scales of a q3_k block: the low four bits in the halves of 8 bytes, the upper two in the
/// bit pairs of 4.
INLINE void load_scales(const uint8_t *packed, float d, float *scales) {
  for (int i = 0; i < 16; i++) {
    const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    const int high = packed[8 + i % 4] >> 2 * (i / 4) & 3;
    scales[i] = d * (float)((low | high << 4) - 32);
  }
}

INLINE void widen_q3_k(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 110) {
    float scales[16];
    load_scales(block + 96, load_half(block + 108, level), scales);
    const uint8_t *high = block, *q = block + 32;
    _Pragma("clang loop unroll(full)") for (int half = 0; half < 2; half++, q += 32)
      _Pragma("clang loop unroll(full)") for (int group = 0; group < 4; group++)
        for (int part = 0; part < 2; part++, out += 16) {
          const float scale = scales[8 * half + 2 * group + part];
          for (int i = 0; i < 16; i++) {
            const int low = q[16 * part + i] >> 2 * group & 3;
            const int bit = high[16 * part + i] >> (4 * half + group) & 1;
            out[i] = scale * (float)(low + 4 * bit - 4);
          }
        }
  }
}
WIDENING(widen_q3_k)

/// One trit of each of `count` bytes that hold five: the upper digit, in base 3, of the byte times
/// a power of 3.
INLINE void widen_trits(
  const uint8_t *q, const int count, const int power, float d, float *restrict out) {
  for (int i = 0; i < count; i++) {
    const int digits = q[i] * power & 255;
    out[i] = d * (float)((digits * 3 >> 8) - 1);
  }
}

INLINE void widen_tq1_0(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 54) {
    const float d = load_half(block + 52, level);
    const int powers[] = {1, 3, 9, 27, 81};
    for (int p = 0; p < 5; p++, out += 32) widen_trits(block, 32, powers[p], d, out);
    for (int p = 0; p < 5; p++, out += 16) widen_trits(block + 32, 16, powers[p], d, out);
    for (int p = 0; p < 4; p++, out += 4) widen_trits(block + 48, 4, powers[p], d, out);
  }
}
WIDENING(widen_tq1_0)

INLINE void widen_tq2_0(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 66) {
    const float d = load_half(block + 64, level);
    for (int half = 0; half < 2; half++)
      _Pragma("clang loop unroll(full)") for (int group = 0; group < 4; group++, out += 32)
        for (int i = 0; i < 32; i++)
          out[i] = d * (float)((block[32 * half + i] >> 2 * group & 3) - 1);
  }
}
WIDENING(widen_tq2_0)
