#include "CKDequantize.h"
#include "vector.h"

// A fused multiply-add rounds once where the formats' definition rounds twice.
#pragma clang fp contract(off)

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

INLINE float load_half(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, sizeof half);
  return half_from_bits(half);
}

INLINE uint32_t load_bits(const uint8_t *bytes) {
  uint32_t bits;
  memcpy(&bits, bytes, sizeof bits);
  return bits;
}

CK_CLONES void ck_widen_f16(const void *blocks, float *out, size_t count) {
  const uint8_t *bytes = blocks;
  for (size_t i = 0; i < count; i++) out[i] = load_half(bytes + 2 * i);
}

CK_CLONES void ck_widen_bf16(const void *blocks, float *out, size_t count) {
  const uint8_t *bytes = blocks;
  for (size_t i = 0; i < count; i++) {
    uint16_t upper;
    memcpy(&upper, bytes + 2 * i, sizeof upper);
    out[i] = float_from_bits((uint32_t)upper << 16);
  }
}

// --- blocks of 32 --------------------------------------------------------------------------------

CK_CLONES void ck_widen_q4_0(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 32, block += 18, out += 32) {
    float d = load_half(block);
    const uint8_t *q = block + 2;
    for (int i = 0; i < 16; i++) {
      out[i] = d * (float)((q[i] & 15) - 8);
      out[i + 16] = d * (float)((q[i] >> 4) - 8);
    }
  }
}

CK_CLONES void ck_widen_q4_1(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 32, block += 20, out += 32) {
    float d = load_half(block), m = load_half(block + 2);
    const uint8_t *q = block + 4;
    for (int i = 0; i < 16; i++) {
      out[i] = d * (float)(q[i] & 15) + m;
      out[i + 16] = d * (float)(q[i] >> 4) + m;
    }
  }
}

CK_CLONES void ck_widen_q5_0(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 32, block += 22, out += 32) {
    float d = load_half(block);
    uint32_t high = load_bits(block + 2);
    const uint8_t *q = block + 6;
    for (int i = 0; i < 16; i++) {
      int low_bit = (int)(high >> i & 1) << 4, high_bit = (int)(high >> (i + 16) & 1) << 4;
      out[i] = d * (float)(((q[i] & 15) | low_bit) - 16);
      out[i + 16] = d * (float)(((q[i] >> 4) | high_bit) - 16);
    }
  }
}

CK_CLONES void ck_widen_q5_1(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 32, block += 24, out += 32) {
    float d = load_half(block), m = load_half(block + 2);
    uint32_t high = load_bits(block + 4);
    const uint8_t *q = block + 8;
    for (int i = 0; i < 16; i++) {
      int low_bit = (int)(high >> i & 1) << 4, high_bit = (int)(high >> (i + 16) & 1) << 4;
      out[i] = d * (float)((q[i] & 15) | low_bit) + m;
      out[i + 16] = d * (float)((q[i] >> 4) | high_bit) + m;
    }
  }
}

CK_CLONES void ck_widen_q8_0(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 32, block += 34, out += 32) {
    float d = load_half(block);
    const int8_t *q = (const int8_t *)(block + 2);
    for (int i = 0; i < 32; i++) out[i] = d * (float)q[i];
  }
}

// --- blocks of 256 -------------------------------------------------------------------------------

/// Unpacks the eight 6-bit scales and minima of a block's 12 bytes.
INLINE void unpack_scales(const uint8_t *packed, uint8_t *scales, uint8_t *minima) {
  for (int i = 0; i < 4; i++) {
    scales[i] = packed[i] & 63;
    minima[i] = packed[i + 4] & 63;
    scales[i + 4] = (packed[i + 8] & 15) | (packed[i] >> 6) << 4;
    minima[i + 4] = (packed[i + 8] >> 4) | (packed[i + 4] >> 6) << 4;
  }
}

CK_CLONES void ck_widen_q4_k(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 256, block += 144) {
    float d = load_half(block), dmin = load_half(block + 2);
    uint8_t scales[8], minima[8];
    unpack_scales(block + 4, scales, minima);
    const uint8_t *q = block + 16;
    for (int group = 0; group < 8; group += 2, q += 32, out += 64) {
      float low_scale = d * scales[group], low_minimum = dmin * minima[group];
      float high_scale = d * scales[group + 1], high_minimum = dmin * minima[group + 1];
      for (int i = 0; i < 32; i++) {
        out[i] = low_scale * (float)(q[i] & 15) - low_minimum;
        out[i + 32] = high_scale * (float)(q[i] >> 4) - high_minimum;
      }
    }
  }
}

CK_CLONES void ck_widen_q5_k(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 256, block += 176) {
    float d = load_half(block), dmin = load_half(block + 2);
    uint8_t scales[8], minima[8];
    unpack_scales(block + 4, scales, minima);
    const uint8_t *high = block + 16;
    const uint8_t *q = block + 48;
    for (int group = 0; group < 8; group += 2, q += 32, out += 64) {
      float low_scale = d * scales[group], low_minimum = dmin * minima[group];
      float high_scale = d * scales[group + 1], high_minimum = dmin * minima[group + 1];
      for (int i = 0; i < 32; i++) {
        int low_bit = (high[i] >> group & 1) << 4, high_bit = (high[i] >> (group + 1) & 1) << 4;
        out[i] = low_scale * (float)((q[i] & 15) | low_bit) - low_minimum;
        out[i + 32] = high_scale * (float)((q[i] >> 4) | high_bit) - high_minimum;
      }
    }
  }
}

/// One half of a q6_k block: 128 elements under eight scales.
INLINE void widen_q6_k_half(
  const uint8_t *low, const uint8_t *high, const int8_t *scales, float d, float *restrict out) {
  for (int part = 0; part < 2; part++) {
    float scale0 = d * scales[part], scale1 = d * scales[part + 2];
    float scale2 = d * scales[part + 4], scale3 = d * scales[part + 6];
    for (int i = 16 * part; i < 16 * part + 16; i++) {
      out[i] = scale0 * (float)(((low[i] & 15) | (high[i] & 3) << 4) - 32);
      out[i + 32] = scale1 * (float)(((low[i + 32] & 15) | (high[i] >> 2 & 3) << 4) - 32);
      out[i + 64] = scale2 * (float)((low[i] >> 4 | (high[i] >> 4 & 3) << 4) - 32);
      out[i + 96] = scale3 * (float)((low[i + 32] >> 4 | (high[i] >> 6) << 4) - 32);
    }
  }
}

CK_CLONES void ck_widen_q6_k(const void *blocks, float *restrict out, size_t count) {
  const uint8_t *block = blocks;
  for (size_t done = 0; done < count; done += 256, block += 210, out += 256) {
    const int8_t *scales = (const int8_t *)(block + 192);
    float d = load_half(block + 208);
    widen_q6_k_half(block, block + 128, scales, d, out);
    widen_q6_k_half(block + 64, block + 160, scales + 8, d, out + 128);
  }
}
