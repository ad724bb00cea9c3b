#include "widening.h"

INLINE void widen_f16(const uint8_t *bytes, float *restrict out, size_t count, const int level) {
  widen_halves(bytes, out, count, level);
}
WIDENING(widen_f16)

CK_KERNEL(void, ck_widen_bf16,
  (const void *blocks, float *out, size_t count), (blocks, out, count)) {
  const uint8_t *bytes = blocks;
  for (size_t i = 0; i < count; i++) {
    uint16_t upper;
    memcpy(&upper, bytes + 2 * i, sizeof upper);
    out[i] = float_from_bits((uint32_t)upper << 16);
  }
}

// --- four-bit integers by table ------------------------------------------------------------------

/// low[i] = scale · (q[i] mod 16 + shift) + offset and high[i] likewise of q[i] div 16. With a
/// permutation of 16 floats (AVX-512) only the sixteen possible results are computed.
INLINE void widen_nibbles(
  const uint8_t *q, float scale, int shift, float offset, const int has_offset, float *restrict low,
  float *restrict high, const int level) {
  if (level == CK_AVX512) {
    const v16 integers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    v16 results = scale * (integers + (float)shift);
    if (has_offset) results = results + offset;
    i16 indices = __builtin_convertvector(*(const bytes16 *)q, i16);
    *(loose16 *)low = __builtin_shufflevector(results, indices);
    *(loose16 *)high = __builtin_shufflevector(results, indices >> 4);
    return;
  }
  for (int i = 0; i < 16; i++) {
    float low_result = scale * (float)((q[i] & 15) + shift);
    float high_result = scale * (float)((q[i] >> 4) + shift);
    low[i] = has_offset ? low_result + offset : low_result;
    high[i] = has_offset ? high_result + offset : high_result;
  }
}

// --- blocks of 32 --------------------------------------------------------------------------------

enum { group_blocks = 32 };

/// The float16 fields that start every block, of up to group_blocks blocks at once: converting them
/// one at a time would take longer than the blocks' elements.
INLINE void load_fields(
  const uint8_t *block, const size_t block_bytes, size_t blocks, const int fields,
  float *restrict values, const int level) {
  uint8_t halves[group_blocks * 2 * 2] = {0};
  // Gathering the fields in vector registers takes longer.
  _Pragma("clang loop vectorize(disable)") for (size_t b = 0; b < blocks; b++)
    memcpy(halves + b * fields * 2, block + b * block_bytes, fields * 2);
  for (size_t i = 0; i < blocks * fields; i += 16)
    widen_halves(halves + 2 * i, values + i, 16, level);
}

/// Runs the statement for every block of `BYTES` bytes with its first float16 fields in field[].
#define FOR_EACH_BLOCK(BYTES, FIELDS, ...) \
  while (count > 0) { \
    size_t blocks = count / 32 < group_blocks ? count / 32 : group_blocks; \
    float values[group_blocks * 2]; \
    load_fields(block, BYTES, blocks, FIELDS, values, level); \
    count -= blocks * 32; \
    for (const float *field = values; field < values + blocks * (FIELDS); \
         field += (FIELDS), block += (BYTES), out += 32) { \
      const uint8_t *rest = block + 2 * (FIELDS); \
      __VA_ARGS__ \
    } \
  }

INLINE void widen_q4_0(const uint8_t *block, float *restrict out, size_t count, const int level) {
  FOR_EACH_BLOCK(18, 1, widen_nibbles(rest, field[0], -8, 0, 0, out, out + 16, level);)
}
WIDENING(widen_q4_0)

INLINE void widen_q4_1(const uint8_t *block, float *restrict out, size_t count, const int level) {
  FOR_EACH_BLOCK(20, 2, widen_nibbles(rest, field[0], 0, field[1], 1, out, out + 16, level);)
}
WIDENING(widen_q4_1)

INLINE void widen_q5_0(const uint8_t *block, float *restrict out, size_t count, const int level) {
  FOR_EACH_BLOCK(22, 1, {
    float d = field[0];
    uint32_t high = load_bits(rest);
    const uint8_t *q = rest + 4;
    for (int i = 0; i < 16; i++) {
      int low_bit = (int)(high >> i & 1) << 4, high_bit = (int)(high >> (i + 16) & 1) << 4;
      out[i] = d * (float)(((q[i] & 15) | low_bit) - 16);
      out[i + 16] = d * (float)(((q[i] >> 4) | high_bit) - 16);
    }
  })
}
WIDENING(widen_q5_0)

INLINE void widen_q5_1(const uint8_t *block, float *restrict out, size_t count, const int level) {
  FOR_EACH_BLOCK(24, 2, {
    float d = field[0], m = field[1];
    uint32_t high = load_bits(rest);
    const uint8_t *q = rest + 4;
    for (int i = 0; i < 16; i++) {
      int low_bit = (int)(high >> i & 1) << 4, high_bit = (int)(high >> (i + 16) & 1) << 4;
      out[i] = d * (float)((q[i] & 15) | low_bit) + m;
      out[i + 16] = d * (float)((q[i] >> 4) | high_bit) + m;
    }
  })
}
WIDENING(widen_q5_1)

INLINE void widen_q8_0(const uint8_t *block, float *restrict out, size_t count, const int level) {
  FOR_EACH_BLOCK(34, 1, {
    float d = field[0];
    const int8_t *q = (const int8_t *)rest;
    for (int i = 0; i < 32; i++) out[i] = d * (float)q[i];
  })
}
WIDENING(widen_q8_0)

// --- blocks of 256 -------------------------------------------------------------------------------

/// A block's eight scales and minima, from d, dmin and 12 bytes that pack them in 6 bits each.
INLINE void load_scales(const uint8_t *block, float *scales, float *minima, const int level) {
  float d = load_half(block, level), dmin = load_half(block + 2, level);
  const uint8_t *packed = block + 4;
  uint8_t small_scales[8], small_minima[8];
  for (int i = 0; i < 4; i++) {
    small_scales[i] = packed[i] & 63;
    small_minima[i] = packed[i + 4] & 63;
    small_scales[i + 4] = (packed[i + 8] & 15) | (packed[i] >> 6) << 4;
    small_minima[i + 4] = (packed[i + 8] >> 4) | (packed[i + 4] >> 6) << 4;
  }
  for (int i = 0; i < 8; i++) scales[i] = d * small_scales[i];
  for (int i = 0; i < 8; i++) minima[i] = dmin * small_minima[i];
}

INLINE void widen_q4_k(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 144) {
    float scales[8], minima[8];
    load_scales(block, scales, minima, level);
    const uint8_t *q = block + 16;
    for (int group = 0; group < 8; group += 2, q += 32, out += 64) {
      float low_scale = scales[group], low_minimum = minima[group];
      float high_scale = scales[group + 1], high_minimum = minima[group + 1];
      if (level == CK_AVX512) {
        const v16 integers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        v16 low_results = low_scale * integers - low_minimum;
        v16 high_results = high_scale * integers - high_minimum;
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 32; i += 16) {
          i16 indices = __builtin_convertvector(*(const bytes16 *)(q + i), i16);
          *(loose16 *)(out + i) = __builtin_shufflevector(low_results, indices);
          *(loose16 *)(out + i + 32) = __builtin_shufflevector(high_results, indices >> 4);
        }
        continue;
      }
      for (int i = 0; i < 32; i++) {
        out[i] = low_scale * (float)(q[i] & 15) - low_minimum;
        out[i + 32] = high_scale * (float)(q[i] >> 4) - high_minimum;
      }
    }
  }
}
WIDENING(widen_q4_k)

INLINE void widen_q5_k(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 176) {
    float scales[8], minima[8];
    load_scales(block, scales, minima, level);
    const uint8_t *high = block + 16;
    const uint8_t *q = block + 48;
    for (int group = 0; group < 8; group += 2, q += 32, out += 64) {
      float low_scale = scales[group], low_minimum = minima[group];
      float high_scale = scales[group + 1], high_minimum = minima[group + 1];
      for (int i = 0; i < 32; i++) {
        int low_bit = (high[i] >> group & 1) << 4, high_bit = (high[i] >> (group + 1) & 1) << 4;
        out[i] = low_scale * (float)((q[i] & 15) | low_bit) - low_minimum;
        out[i + 32] = high_scale * (float)((q[i] >> 4) | high_bit) - high_minimum;
      }
    }
  }
}
WIDENING(widen_q5_k)

/// One half of a q6_k block: 128 elements under eight scales.
INLINE void widen_q6_k_half(
  const uint8_t *low, const uint8_t *high, const float *scales, float *restrict out) {
  for (int part = 0; part < 2; part++) {
    float scale0 = scales[part], scale1 = scales[part + 2];
    float scale2 = scales[part + 4], scale3 = scales[part + 6];
    for (int i = 16 * part; i < 16 * part + 16; i++) {
      out[i] = scale0 * (float)(((low[i] & 15) | (high[i] & 3) << 4) - 32);
      out[i + 32] = scale1 * (float)(((low[i + 32] & 15) | (high[i] >> 2 & 3) << 4) - 32);
      out[i + 64] = scale2 * (float)((low[i] >> 4 | (high[i] >> 4 & 3) << 4) - 32);
      out[i + 96] = scale3 * (float)((low[i + 32] >> 4 | (high[i] >> 6) << 4) - 32);
    }
  }
}

INLINE void widen_q6_k(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 210, out += 256) {
    const int8_t *small_scales = (const int8_t *)(block + 192);
    float d = load_half(block + 208, level), scales[16];
    for (int i = 0; i < 16; i++) scales[i] = d * small_scales[i];
    widen_q6_k_half(block, block + 128, scales, out);
    widen_q6_k_half(block + 64, block + 160, scales + 8, out + 128);
  }
}
WIDENING(widen_q6_k)
