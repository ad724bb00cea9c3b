// float16 as it is stored, inline at every level.
#ifndef CK_HALF_H
#define CK_HALF_H

#include "vector.h"

INLINE float float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE float half_from_bits(uint16_t half) {
  uint32_t magnitude = half & 0x7fffu;
  uint32_t bits = (magnitude << 13) + (112u << 23);
  // Infinity and NaN take float32's largest exponent.
  bits = magnitude >= 0x7c00u ? bits + (112u << 23) : bits;
  // Subnormals are integers times 2^-24: exact, and free of slow subnormal float32 operands.
  float small = (float)(int32_t)magnitude * 0x1p-24f;
  uint32_t small_bits;
  memcpy(&small_bits, &small, sizeof small_bits);
  bits = magnitude < 0x0400u ? small_bits : bits;
  return float_from_bits(bits | (uint32_t)(half & 0x8000u) << 16);
}

/// Widens float16; above CK_BASELINE by the processor's own conversion (it sets the quiet bit of a
/// NaN).
INLINE void widen_halves(
  const uint8_t *bytes, float *restrict out, size_t count, const int level) {
#if defined(__FLT16_MANT_DIG__)
  if (level > CK_BASELINE) {
    for (size_t i = 0; i < count; i++) {
      _Float16 half;
      memcpy(&half, bytes + 2 * i, sizeof half);
      out[i] = (float)half;
    }
    return;
  }
#endif
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, sizeof half);
    out[i] = half_from_bits(half);
  }
}

INLINE float load_half(const uint8_t *bytes, const int level) {
  float value;
  widen_halves(bytes, &value, 1, level);
  return value;
}

#endif
