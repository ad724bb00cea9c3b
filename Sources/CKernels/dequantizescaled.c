// Floats of 8 bits, and the blocks in which quantized folders are held: 32 elements under float32
// scales.
#include "widening.h"

/// Four exponent and three mantissa bits; no infinity, and one NaN of each sign.
INLINE float float_from_e4m3(uint8_t stored) {
  const uint32_t magnitude = stored & 0x7fu;
  const float small = (float)(int32_t)magnitude * 0x1p-9f;
  uint32_t small_bits;
  memcpy(&small_bits, &small, sizeof small_bits);
  uint32_t bits = magnitude < 8 ? small_bits : (magnitude << 20) + (120u << 23);
  bits = magnitude == 0x7f ? 0x7fc00000u : bits;
  return float_from_bits(bits | (uint32_t)(stored & 0x80u) << 24);
}

CK_KERNEL(void, ck_widen_f8_e4m3,
  (const void *blocks, float *restrict out, size_t count), (blocks, out, count)) {
  const uint8_t *bytes = blocks;
  for (size_t i = 0; i < count; i++) out[i] = float_from_e4m3(bytes[i]);
}

/// Five exponent and two mantissa bits: the upper half of a float16.
INLINE void widen_f8_e5m2(
  const uint8_t *bytes, float *restrict out, size_t count, const int level) {
  enum { step = 64 };
  for (size_t done = 0; done < count; done += step) {
    const size_t here = count - done < step ? count - done : step;
    uint8_t halves[2 * step];
    for (size_t i = 0; i < here; i++) {
      halves[2 * i] = 0;
      halves[2 * i + 1] = bytes[done + i];
    }
    widen_halves(halves, out + done, here, level);
  }
}
WIDENING(widen_f8_e5m2)

// --- blocks of 32 under float32 scales -------------------------------------------------------------

INLINE void widen_scaled_i8(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 32, block += 36, out += 32) {
    const float scale = load_float(block);
    const int8_t *q = (const int8_t *)(block + 4);
    for (int i = 0; i < 32; i++) out[i] = scale * (float)q[i];
  }
}
WIDENING(widen_scaled_i8)

INLINE void widen_scaled_f8(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 32, block += 36, out += 32) {
    const float scale = load_float(block);
    for (int i = 0; i < 32; i++) out[i] = scale * float_from_e4m3(block[4 + i]);
  }
}
WIDENING(widen_scaled_f8)

/// low[i] = table[q[i] mod 16] and high[i] = table[q[i] div 16], of a table of floats.
INLINE void look_up(
  const uint8_t *q, const v16 *table, float *restrict low, float *restrict high, const int level) {
  if (level == CK_AVX512) {
    const i16 indices = __builtin_convertvector(*(const bytes16 *)q, i16);
    *(loose16 *)low = __builtin_shufflevector(*table, indices);
    *(loose16 *)high = __builtin_shufflevector(*table, indices >> 4);
    return;
  }
  const float *values = (const float *)table;
  for (int i = 0; i < 16; i++) {
    low[i] = values[q[i] & 15];
    high[i] = values[q[i] >> 4];
  }
}

INLINE void widen_scaled_u4(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  const v16 integers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (size_t done = 0; done < count; done += 32, block += 24, out += 32) {
    const float scale = load_float(block), offset = load_float(block + 4);
    const uint8_t *q = block + 8;
    if (level == CK_AVX512) {
      const v16 results = scale * integers + offset;
      look_up(q, &results, out, out + 16, level);
      continue;
    }
    for (int i = 0; i < 16; i++) {
      out[i] = scale * (float)(q[i] & 15) + offset;
      out[i + 16] = scale * (float)(q[i] >> 4) + offset;
    }
  }
}
WIDENING(widen_scaled_u4)

_Alignas(64) const float ck_nf4_values[16] = {
  -1, -0x1.647362p-1f, -0x1.0cd66p-1f, -0x1.94654p-2f, -0x1.23449ap-2f, -0x1.7a6a7ep-3f,
  -0x1.74f0e2p-4f, 0, 0x1.45f5fep-4f, 0x1.4995c6p-3f, 0x1.f809bap-3f, 0x1.5a0674p-2f,
  0x1.c3497p-2f, 0x1.200f56p-1f, 0x1.722766p-1f, 1};
_Alignas(64) const float ck_fp4_values[16] = {
  0, 0x1.555556p-8f, 0x1.555556p-1f, 1, 0x1.555556p-2f, 0.5f, 0x1.555556p-3f, 0.25f,
  0, -0x1.555556p-8f, -0x1.555556p-1f, -1, -0x1.555556p-2f, -0.5f, -0x1.555556p-3f, -0.25f};

INLINE void widen_scaled_codes(
  const uint8_t *block, const v16 *table, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 32, block += 20, out += 32) {
    const v16 results = load_float(block) * *table;
    look_up(block + 4, &results, out, out + 16, level);
  }
}

CK_KERNEL(void, ck_widen_scaled_nf4,
  (const void *blocks, float *restrict out, size_t count), (blocks, out, count)) {
  widen_scaled_codes(blocks, (const v16 *)ck_nf4_values, out, count, level);
}

CK_KERNEL(void, ck_widen_scaled_fp4,
  (const void *blocks, float *restrict out, size_t count), (blocks, out, count)) {
  widen_scaled_codes(blocks, (const v16 *)ck_fp4_values, out, count, level);
}
