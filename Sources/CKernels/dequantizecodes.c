// Blocks whose four-bit fields are indices of a table of 16 small integers.
#include "widening.h"

/// iq4_nl and iq4_xs: steps that lie closer together near zero.
static const signed16 uneven = {
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/// mxfp4 and nvfp4: floats of one sign, two exponent and one mantissa bit, times 2.
static const signed16 e2m1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// low[i] = scale · table[q[i] mod 16] and high[i] likewise of q[i] div 16.
INLINE void widen_sixteen(
  const uint8_t *q, const signed16 *table, float scale, float *restrict low, float *restrict high,
  const int level) {
  if (level > CK_BASELINE) {
    const signed16 codes = *table;
    const bytes16 pairs = *(const bytes16 *)q;
    const signed16 low_codes = __builtin_shufflevector(codes, pairs & 15);
    const signed16 high_codes = __builtin_shufflevector(codes, pairs >> 4);
    *(loose16 *)low = scale * __builtin_convertvector(low_codes, v16);
    *(loose16 *)high = scale * __builtin_convertvector(high_codes, v16);
    return;
  }
  const int8_t *codes = (const int8_t *)table;
  for (int i = 0; i < 16; i++) {
    low[i] = scale * (float)codes[q[i] & 15];
    high[i] = scale * (float)codes[q[i] >> 4];
  }
}

INLINE void widen_iq4_nl(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 32, block += 18, out += 32)
    widen_sixteen(block + 2, &uneven, load_half(block, level), out, out + 16, level);
}
WIDENING(widen_iq4_nl)

INLINE void widen_iq4_xs(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 136) {
    const float d = load_half(block, level);
    const int high = load_pair(block + 2);
    for (int group = 0; group < 8; group++, out += 32) {
      const int low = block[4 + group / 2] >> 4 * (group % 2) & 15;
      const int scale = (low | (high >> 2 * group & 3) << 4) - 32;
      widen_sixteen(block + 8 + 16 * group, &uneven, d * (float)scale, out, out + 16, level);
    }
  }
}
WIDENING(widen_iq4_xs)

/// Half of 2^(exponent − 127): the table has the doubled values.
INLINE float half_power(uint8_t exponent) {
  return float_from_bits(
    exponent < 2 ? 0x00200000u << exponent : (uint32_t)(exponent - 1) << 23);
}

INLINE void widen_mxfp4(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 32, block += 17, out += 32)
    widen_sixteen(block + 1, &e2m1, half_power(block[0]), out, out + 16, level);
}
WIDENING(widen_mxfp4)

/// Half of an unsigned float of four exponent and three mantissa bits, whose sign bit says nothing
/// and whose NaN is zero.
INLINE float half_of_e4m3(uint8_t bits) {
  const int exponent = bits >> 3 & 15;
  const float mantissa = (float)(bits & 7);
  if (bits == 0x7f) return 0;
  if (exponent == 0) return mantissa * 0x1p-10f;
  return (1 + mantissa / 8) * float_from_bits((uint32_t)(exponent + 119) << 23);
}

INLINE void widen_nvfp4(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 64, block += 36)
    for (int pair = 0; pair < 2; pair++, out += 32) {
      // Two groups of 16, each with its scale, whose bytes hold element i and i + 8.
      float low[16], high[16];
      widen_sixteen(block + 4 + 16 * pair, &e2m1, 1, low, high, level);
      const float first = half_of_e4m3(block[2 * pair]);
      const float second = half_of_e4m3(block[2 * pair + 1]);
      for (int i = 0; i < 8; i++) {
        out[i] = first * low[i];
        out[i + 8] = first * high[i];
        out[i + 16] = second * low[i + 8];
        out[i + 24] = second * high[i + 8];
      }
    }
}
WIDENING(widen_nvfp4)
