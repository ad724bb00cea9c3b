// Blocks of 256 whose elements are entries of a codebook, eight (or four) at a time.
#include "grids.h"
#include "widening.h"

/// The signs of eight elements, a bit each; only seven are stored, and their parity is the eighth.
INLINE uint32_t all_signs(uint32_t seven) {
  const uint32_t folded = seven ^ seven >> 4;
  return seven | (0x6996u >> (folded & 15) & 1) << 7;
}

/// out[i] = scale · entry[i], negative where bit i of the signs is set.
INLINE void widen_entry(
  const uint8_t *entry, float scale, uint32_t signs, float *restrict out) {
  const u8 upper = {0x80000000u, 0x80000000u, 0x80000000u, 0x80000000u,
                    0x80000000u, 0x80000000u, 0x80000000u, 0x80000000u};
  const u8 places = {31, 30, 29, 28, 27, 26, 25, 24};
  const u8 repeated = {signs, signs, signs, signs, signs, signs, signs, signs};
  const v8 values = scale * __builtin_convertvector(*(const bytes8 *)entry, v8);
  *(loose8 *)out = (v8)((u8)values ^ (repeated << places & upper));
}

/// The same of two entries of four.
INLINE void widen_pair(
  const uint8_t *first, const uint8_t *second, float scale, uint32_t signs, float *restrict out) {
  uint8_t entry[8];
  memcpy(entry, first, 4);
  memcpy(entry + 4, second, 4);
  widen_entry(entry, scale, signs, out);
}

/// The four bits of scale i, two in a byte.
INLINE float small_scale(const uint8_t *scales, int i) {
  return (float)(scales[i / 2] >> 4 * (i % 2) & 15);
}

INLINE void widen_iq2_xxs(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 66) {
    const float d = load_half(block, level);
    const uint8_t *group = block + 2;
    for (int g = 0; g < 8; g++, group += 8) {
      const uint32_t signs = load_bits(group + 4);
      const float scale = d * (0.5f + (float)(signs >> 28)) * 0.25f;
      for (int i = 0; i < 4; i++, out += 8)
        widen_entry(
          ck_grid_iq2_xxs[group[i]], scale, all_signs(signs >> 7 * i & 127), out);
    }
  }
}
WIDENING(widen_iq2_xxs)

INLINE void widen_iq2_xs(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 74) {
    const float d = load_half(block, level);
    for (int g = 0; g < 16; g++) {
      const float scale = d * (0.5f + small_scale(block + 66, g)) * 0.25f;
      for (int i = 2 * g; i < 2 * g + 2; i++, out += 8) {
        const uint32_t bits = load_pair(block + 2 + 2 * i);
        widen_entry(ck_grid_iq2_xs[bits & 511], scale, all_signs(bits >> 9), out);
      }
    }
  }
}
WIDENING(widen_iq2_xs)

INLINE void widen_iq2_s(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 82) {
    const float d = load_half(block, level);
    const uint8_t *low = block + 2, *signs = block + 34, *high = block + 66;
    for (int g = 0; g < 16; g++) {
      const float scale = d * (0.5f + small_scale(block + 74, g)) * 0.25f;
      for (int i = 2 * g; i < 2 * g + 2; i++, out += 8) {
        const int index = low[i] | (high[i / 4] >> 2 * (i % 4) & 3) << 8;
        widen_entry(ck_grid_iq2_s[index], scale, signs[i], out);
      }
    }
  }
}
WIDENING(widen_iq2_s)

INLINE void widen_iq3_xxs(
  const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 98) {
    const float d = load_half(block, level);
    const uint8_t *index = block + 2;
    for (int g = 0; g < 8; g++) {
      const uint32_t signs = load_bits(block + 66 + 4 * g);
      const float scale = d * (0.5f + (float)(signs >> 28)) * 0.5f;
      for (int i = 0; i < 4; i++, index += 2, out += 8)
        widen_pair(
          ck_grid_iq3_xxs[index[0]], ck_grid_iq3_xxs[index[1]], scale,
          all_signs(signs >> 7 * i & 127), out);
    }
  }
}
WIDENING(widen_iq3_xxs)

INLINE void widen_iq3_s(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 110) {
    const float d = load_half(block, level);
    const uint8_t *index = block + 2, *high = block + 66, *signs = block + 74;
    for (int g = 0; g < 8; g++) {
      const float scale = d * (1 + 2 * small_scale(block + 106, g));
      for (int i = 0; i < 4; i++, index += 2, signs++, out += 8) {
        const int first = index[0] | (high[g] >> 2 * i & 1) << 8;
        const int second = index[1] | (high[g] >> (2 * i + 1) & 1) << 8;
        widen_pair(ck_grid_iq3_s[first], ck_grid_iq3_s[second], scale, *signs, out);
      }
    }
  }
}
WIDENING(widen_iq3_s)

/// out[i] = scale · (entry[i] ± 1/8).
INLINE void widen_shifted(
  const int8_t *entry, float scale, int isNegative, float *restrict out) {
  const float shift = isNegative ? -0.125f : 0.125f;
  *(loose8 *)out = scale * (__builtin_convertvector(*(const signed8 *)entry, v8) + shift);
}

INLINE void widen_iq1_s(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 50) {
    const float d = load_half(block, level);
    const uint8_t *low = block + 2;
    for (int g = 0; g < 8; g++) {
      const int high = load_pair(block + 34 + 2 * g);
      const float scale = d * (float)(2 * (high >> 12 & 7) + 1);
      for (int i = 0; i < 4; i++, low++, out += 8)
        widen_shifted(ck_grid_iq1[*low | (high >> 3 * i & 7) << 8], scale, high >> 15, out);
    }
  }
}
WIDENING(widen_iq1_s)

INLINE void widen_iq1_m(const uint8_t *block, float *restrict out, size_t count, const int level) {
  for (size_t done = 0; done < count; done += 256, block += 56) {
    const uint8_t *low = block, *high = block + 32, *scales = block + 48;
    // The float16 scale is in the upper halves of four numbers of 16 bits, the lowest first.
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) bits |= (uint32_t)(load_pair(scales + 2 * i) >> 12) << 4 * i;
    const uint8_t half[2] = {(uint8_t)bits, (uint8_t)(bits >> 8)};
    const float d = load_half(half, level);
    for (int g = 0; g < 16; g++) {
      const float scale =
        d * (float)(2 * (load_pair(scales + 2 * (g / 4)) >> 3 * (g % 4) & 7) + 1);
      for (int i = 0; i < 2; i++, low++, out += 8) {
        const int upper = high[g] >> 4 * i & 15;
        widen_shifted(ck_grid_iq1[*low | (upper & 7) << 8], scale, upper >> 3, out);
      }
    }
  }
}
WIDENING(widen_iq1_m)
