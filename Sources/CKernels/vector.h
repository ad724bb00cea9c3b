// Inline pieces that vectorise inside a kernel at every level.
#ifndef CK_VECTOR_H
#define CK_VECTOR_H

#include "level.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// e^x to 2 units in the last place; 0 below -87.3 and clamped above 88.7 (float32's range).
INLINE float ck_exp_inline(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.7f ? 88.7f : x);
  float scaled = clamped * 1.44269504088896341f;
  // Adding and taking away 1.5·2^23 rounds to the nearest integer without a call.
  float shifted = scaled + 12582912.0f;
  float whole = shifted - 12582912.0f;
  float rest = clamped - whole * 0.693359375f;
  rest = rest + whole * 2.12194440e-4f;
  float power = 1.9875691500e-4f;
  power = power * rest + 1.3981999507e-3f;
  power = power * rest + 8.3334519073e-3f;
  power = power * rest + 4.1665795894e-2f;
  power = power * rest + 1.6666665459e-1f;
  power = power * rest + 5.0000001201e-1f;
  power = power * rest * rest + rest + 1.0f;
  int32_t exponent = ((int32_t)whole + 127) << 23;
  float result;
  memcpy(&result, &exponent, sizeof result);
  return x < -87.3f ? 0.0f : power * result;
}

INLINE float ck_dot_inline(const float *a, const float *b, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float total = 0;
  for (size_t i = 0; i < count; i++) total += a[i] * b[i];
  return total;
}

INLINE float ck_dot3_inline(const float *a, const float *b, const float *c, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float total = 0;
  for (size_t i = 0; i < count; i++) total += a[i] * b[i] * c[i];
  return total;
}

INLINE float ck_sum_inline(const float *a, size_t count) {
#pragma clang fp reassociate(on)
  float total = 0;
  for (size_t i = 0; i < count; i++) total += a[i];
  return total;
}

INLINE float ck_variance_inline(const float *a, float mean, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float total = 0;
  for (size_t i = 0; i < count; i++) total += (a[i] - mean) * (a[i] - mean);
  return total / (float)count;
}

INLINE float ck_max_inline(const float *a, size_t count) {
  // Sixteen running maxima: a single one would be a chain of dependent comparisons.
  float lanes[16];
  for (int lane = 0; lane < 16; lane++) lanes[lane] = -INFINITY;
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++)
      lanes[lane] = a[i + lane] > lanes[lane] ? a[i + lane] : lanes[lane];
  for (; i < count; i++) lanes[0] = a[i] > lanes[0] ? a[i] : lanes[0];
  float largest = lanes[0];
  for (int lane = 1; lane < 16; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
  return largest;
}

#endif
