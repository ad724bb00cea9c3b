#include "CKernels.h"
#include "vector.h"

#include <math.h>
#include <string.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

// Sums of float32 over blocks of this many elements are added up in double precision.
enum { block = 1024 };

CK_KERNEL(void, ck_add,
  (const float *a, const float *b, float *out, size_t count), (a, b, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = a[i] + b[i];
}

CK_KERNEL(void, ck_subtract,
  (const float *a, const float *b, float *out, size_t count), (a, b, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = a[i] - b[i];
}

CK_KERNEL(void, ck_multiply,
  (const float *a, const float *b, float *out, size_t count), (a, b, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = a[i] * b[i];
}

CK_KERNEL(void, ck_scale,
  (const float *a, float scale, float *out, size_t count), (a, scale, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = scale * a[i];
}

CK_KERNEL(void, ck_accumulate,
  (const float *a, float scale, float *out, size_t count), (a, scale, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] += scale * a[i];
}

CK_KERNEL(void, ck_narrow_bf16, (const float *a, void *out, size_t count), (a, out, count)) {
  uint16_t *halves = out;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, a + i, sizeof bits);
    // To the nearest, ties to even; a NaN stays one.
    uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    halves[i] = (bits & 0x7FFFFFFF) > 0x7F800000 ? (bits >> 16) | 0x40 : rounded;
  }
}

CK_KERNEL(double, ck_dot, (const float *a, const float *b, size_t count), (a, b, count)) {
  double total = 0;
  for (size_t start = 0; start < count; start += block)
    total += ck_dot_inline(a + start, b + start, MIN(block, count - start));
  return total;
}

CK_KERNEL(double, ck_sum, (const float *a, size_t count), (a, count)) {
  double total = 0;
  for (size_t start = 0; start < count; start += block)
    total += ck_sum_inline(a + start, MIN(block, count - start));
  return total;
}

// --- non-linearities -----------------------------------------------------------------------------

// tanh and erf of the C library stay scalar; these forms by exp vectorise.
INLINE float ck_tanh_inline(float x) {
  float magnitude = fabsf(x);
  // Below 0.05 the difference 1 - 2/(e+1) loses digits; the series is exact to float32 there.
  float square = x * x;
  float series = x * (1 - square * (1.0f / 3 - square * (2.0f / 15)));
  float whole = 1 - 2 / (ck_exp_inline(2 * magnitude) + 1);
  return magnitude < 0.05f ? series : copysignf(whole, x);
}

INLINE float sigmoid(float x) { return 1 / (1 + ck_exp_inline(-x)); }

static const float gelu_quick_scale = 1.702f;
static const float gelu_scale = 0.7978845608028654f;  // sqrt(2 / π)
static const float gelu_cubic = 0.044715f;

static CK_KERNEL(void, relu_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] < 0 ? 0 : x[i];  // NaN stays
}

static CK_KERNEL(void, silu_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * sigmoid(x[i]);
}

static CK_KERNEL(void, gelu_tanh_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) {
    float inner = gelu_scale * (x[i] + gelu_cubic * x[i] * x[i] * x[i]);
    out[i] = 0.5f * x[i] * (1 + ck_tanh_inline(inner));
  }
}

static CK_KERNEL(void, sigmoid_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = sigmoid(x[i]);
}

static CK_KERNEL(void, tanh_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = ck_tanh_inline(x[i]);
}

static CK_KERNEL(void, relu_square_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] < 0 ? 0 : x[i] * x[i];
}

static CK_KERNEL(void, gelu_quick_all, (const float *x, float *out, size_t count), (x, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * sigmoid(gelu_quick_scale * x[i]);
}

static void gelu_erf_all(const float *x, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678118654752f));
}

void ck_activation(int function, const float *x, float *out, size_t count) {
  switch (function) {
    case CK_RELU: relu_all(x, out, count); break;
    case CK_SILU: silu_all(x, out, count); break;
    case CK_GELU_TANH: gelu_tanh_all(x, out, count); break;
    case CK_GELU_ERF: gelu_erf_all(x, out, count); break;
    case CK_SIGMOID: sigmoid_all(x, out, count); break;
    case CK_TANH: tanh_all(x, out, count); break;
    case CK_RELU_SQUARE: relu_square_all(x, out, count); break;
    case CK_GELU_QUICK: gelu_quick_all(x, out, count); break;
  }
}

static CK_KERNEL(void, relu_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : 0;
}

static CK_KERNEL(void, silu_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) {
    float s = sigmoid(x[i]);
    dx[i] = dy[i] * s * (1 + x[i] * (1 - s));
  }
}

static CK_KERNEL(void, gelu_tanh_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) {
    float square = x[i] * x[i];
    float t = ck_tanh_inline(gelu_scale * (x[i] + gelu_cubic * x[i] * square));
    float inner = gelu_scale * (1 + 3 * gelu_cubic * square);
    dx[i] = dy[i] * (0.5f * (1 + t) + 0.5f * x[i] * (1 - t * t) * inner);
  }
}

static void gelu_erf_back(const float *x, const float *dy, float *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float normal = expf(-0.5f * x[i] * x[i]) * 0.3989422804014327f;
    dx[i] = dy[i] * (0.5f * (1 + erff(x[i] * 0.70710678118654752f)) + x[i] * normal);
  }
}

static CK_KERNEL(void, sigmoid_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) {
    float s = sigmoid(x[i]);
    dx[i] = dy[i] * s * (1 - s);
  }
}

static CK_KERNEL(void, tanh_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) {
    float t = ck_tanh_inline(x[i]);
    dx[i] = dy[i] * (1 - t * t);
  }
}

static CK_KERNEL(void, relu_square_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? 2 * x[i] * dy[i] : 0;
}

static CK_KERNEL(void, gelu_quick_back,
  (const float *x, const float *dy, float *dx, size_t count), (x, dy, dx, count)) {
  for (size_t i = 0; i < count; i++) {
    float s = sigmoid(gelu_quick_scale * x[i]);
    dx[i] = dy[i] * s * (1 + gelu_quick_scale * x[i] * (1 - s));
  }
}

void ck_activation_gradient(
  int function, const float *x, const float *dy, float *dx, size_t count) {
  switch (function) {
    case CK_RELU: relu_back(x, dy, dx, count); break;
    case CK_SILU: silu_back(x, dy, dx, count); break;
    case CK_GELU_TANH: gelu_tanh_back(x, dy, dx, count); break;
    case CK_GELU_ERF: gelu_erf_back(x, dy, dx, count); break;
    case CK_SIGMOID: sigmoid_back(x, dy, dx, count); break;
    case CK_TANH: tanh_back(x, dy, dx, count); break;
    case CK_RELU_SQUARE: relu_square_back(x, dy, dx, count); break;
    case CK_GELU_QUICK: gelu_quick_back(x, dy, dx, count); break;
  }
}

CK_KERNEL(void, ck_swiglu,
  (const float *gate, const float *up, float *out, size_t count), (gate, up, out, count)) {
  for (size_t i = 0; i < count; i++) out[i] = gate[i] * sigmoid(gate[i]) * up[i];
}

CK_KERNEL(void, ck_swiglu_gradient,
  (const float *gate, const float *up, const float *dy, float *dgate, float *dup, size_t count),
  (gate, up, dy, dgate, dup, count)) {
  // Each element is read before it is written, wherever that is.
  if (dgate && dup) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) {
      const float g = gate[i], s = sigmoid(g), dys = dy[i] * s;
      const float left = dys * up[i] * (1 + g * (1 - s)), right = dys * g;
      dgate[i] = left;
      dup[i] = right;
    }
  } else if (dgate) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) {
      float s = sigmoid(gate[i]);
      dgate[i] = dy[i] * up[i] * s * (1 + gate[i] * (1 - s));
    }
  } else if (dup) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) dup[i] = dy[i] * gate[i] * sigmoid(gate[i]);
  }
}

// --- normalisation -------------------------------------------------------------------------------

CK_KERNEL(void, ck_rms_norm,
  (const float *x, const float *weight, float epsilon, float *out, float *scales, size_t rows,
    size_t width),
  (x, weight, epsilon, out, scales, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, out += width) {
    float scale = 1 / sqrtf(ck_dot_inline(x, x, width) / (float)width + epsilon);
    scales[row] = scale;
    for (size_t i = 0; i < width; i++) out[i] = x[i] * scale * weight[i];
  }
}

CK_KERNEL(void, ck_rms_norm_gradient,
  (const float *x, const float *weight, const float *scales, const float *dy, float *dx,
    size_t rows, size_t width),
  (x, weight, scales, dy, dx, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, dy += width, dx += width) {
    float scale = scales[row];
    float projection = ck_dot3_inline(x, weight, dy, width) * scale * scale / (float)width;
    for (size_t i = 0; i < width; i++) dx[i] = scale * (weight[i] * dy[i] - x[i] * projection);
  }
}

CK_KERNEL(void, ck_rms_norm_weight_gradient,
  (const float *x, const float *scales, const float *dy, float *dweight, size_t rows, size_t width),
  (x, scales, dy, dweight, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, dy += width)
    for (size_t i = 0; i < width; i++) dweight[i] += dy[i] * x[i] * scales[row];
}

CK_KERNEL(void, ck_layer_norm,
  (const float *x, const float *weight, const float *bias, float epsilon, float *out, float *means,
    float *scales, size_t rows, size_t width),
  (x, weight, bias, epsilon, out, means, scales, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, out += width) {
    float mean = ck_sum_inline(x, width) / (float)width;
    float scale = 1 / sqrtf(ck_variance_inline(x, mean, width) + epsilon);
    means[row] = mean;
    scales[row] = scale;
    for (size_t i = 0; i < width; i++) out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  }
}

CK_KERNEL(void, ck_layer_norm_gradient,
  (const float *x, const float *weight, const float *means, const float *scales, const float *dy,
    float *dx, size_t rows, size_t width),
  (x, weight, means, scales, dy, dx, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, dy += width, dx += width) {
    float mean = means[row], scale = scales[row];
    float sum = ck_dot_inline(weight, dy, width) / (float)width;
    float projection =
      (ck_dot3_inline(x, weight, dy, width) / (float)width - mean * sum) * scale * scale;
    for (size_t i = 0; i < width; i++)
      dx[i] = scale * (weight[i] * dy[i] - sum - (x[i] - mean) * projection);
  }
}

CK_KERNEL(void, ck_layer_norm_weight_gradient,
  (const float *x, const float *means, const float *scales, const float *dy, float *dweight,
    float *dbias, size_t rows, size_t width),
  (x, means, scales, dy, dweight, dbias, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width, dy += width)
    for (size_t i = 0; i < width; i++) {
      dweight[i] += dy[i] * (x[i] - means[row]) * scales[row];
      dbias[i] += dy[i];
    }
}

// --- attention and loss --------------------------------------------------------------------------

CK_KERNEL(void, ck_rotary,
  (const float *x, const float *cosines, const float *sines, float direction, float *out,
    size_t heads, size_t head_width),
  (x, cosines, sines, direction, out, heads, head_width)) {
  size_t half = head_width / 2;
  for (size_t head = 0; head < heads; head++, x += head_width, out += head_width)
    for (size_t i = 0; i < half; i++) {
      float first = x[i], second = x[i + half], sine = sines[i] * direction;
      out[i] = first * cosines[i] - second * sine;
      out[i + half] = second * cosines[i] + first * sine;
    }
}

CK_KERNEL(void, ck_rotary_part,
  (const float *x, const float *cosines, const float *sines, float direction, float *out,
    size_t heads, size_t head_width, size_t turned, int adjacent),
  (x, cosines, sines, direction, out, heads, head_width, turned, adjacent)) {
  size_t half = turned / 2;
  size_t step = adjacent ? 2 : 1, distance = adjacent ? 1 : half;
  for (size_t head = 0; head < heads; head++, x += head_width, out += head_width) {
    for (size_t i = 0; i < half; i++) {
      float first = x[i * step], second = x[i * step + distance], sine = sines[i] * direction;
      out[i * step] = first * cosines[i] - second * sine;
      out[i * step + distance] = second * cosines[i] + first * sine;
    }
    for (size_t i = turned; i < head_width; i++) out[i] = x[i];
  }
}

CK_KERNEL(void, ck_soft_cap,
  (float *scores, float *tangents, float inner, float cap, size_t count),
  (scores, tangents, inner, cap, count)) {
  for (size_t i = 0; i < count; i++) {
    float t = ck_tanh_inline(inner * scores[i]);
    tangents[i] = t;
    scores[i] = cap * t;
  }
}

CK_KERNEL(void, ck_soft_cap_gradient,
  (const float *tangents, float *gradient, float scale, size_t count),
  (tangents, gradient, scale, count)) {
  for (size_t i = 0; i < count; i++)
    gradient[i] *= scale * (1 - tangents[i] * tangents[i]);
}

CK_KERNEL(void, ck_softmax,
  (float *scores, float scale, size_t allowed, size_t width), (scores, scale, allowed, width)) {
  float largest = ck_max_inline(scores, allowed);
  for (size_t i = 0; i < allowed; i++) scores[i] = ck_exp_inline(scale * (scores[i] - largest));
  float inverse = 1 / ck_sum_inline(scores, allowed);
  for (size_t i = 0; i < allowed; i++) scores[i] *= inverse;
  for (size_t i = allowed; i < width; i++) scores[i] = 0;
}

CK_KERNEL(void, ck_softmax_gradient,
  (const float *probabilities, float *gradient, float scale, size_t width),
  (probabilities, gradient, scale, width)) {
  float mean = ck_dot_inline(probabilities, gradient, width);
  for (size_t i = 0; i < width; i++)
    gradient[i] = probabilities[i] * (gradient[i] - mean) * scale;
}

CK_KERNEL(float, ck_cross_entropy,
  (const float *logits, size_t target, float *probabilities, size_t width),
  (logits, target, probabilities, width)) {
  float largest = ck_max_inline(logits, width);
  double total = 0;
  for (size_t start = 0; start < width; start += block) {
    size_t count = MIN(block, width - start);
    float buffer[block];
    for (size_t i = 0; i < count; i++) buffer[i] = ck_exp_inline(logits[start + i] - largest);
    total += ck_sum_inline(buffer, count);
    if (probabilities) memcpy(probabilities + start, buffer, count * sizeof(float));
  }
  if (probabilities) {
    float inverse = (float)(1 / total);
    for (size_t i = 0; i < width; i++) probabilities[i] *= inverse;
  }
  return (float)(log(total) - (double)(logits[target] - largest));
}

CK_KERNEL(float, ck_running_softmax,
  (float *logits, size_t width, float *largest, float *sum), (logits, width, largest, sum)) {
  float found = ck_max_inline(logits, width);
  float scale = 1;
  if (found > *largest) {
    scale = ck_exp_inline(*largest - found);
    *largest = found;
  }
  float reference = *largest;
  for (size_t i = 0; i < width; i++) logits[i] = ck_exp_inline(logits[i] - reference);
  *sum = *sum * scale + ck_sum_inline(logits, width);
  return scale;
}

CK_KERNEL(void, ck_column_sums,
  (const float *x, float *sums, size_t rows, size_t width), (x, sums, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width)
    for (size_t i = 0; i < width; i++) sums[i] += x[i];
}

CK_KERNEL(void, ck_add_bias,
  (float *x, const float *bias, size_t rows, size_t width), (x, bias, rows, width)) {
  for (size_t row = 0; row < rows; row++, x += width)
    for (size_t i = 0; i < width; i++) x[i] += bias[i];
}

CK_KERNEL(void, ck_adam,
  (const float *gradient, float *first, float *second, float *direction, float beta1, float beta2,
    float correction1, float correction2, float epsilon, size_t count),
  (gradient, first, second, direction, beta1, beta2, correction1, correction2, epsilon, count)) {
  for (size_t i = 0; i < count; i++) {
    first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
    second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
    direction[i] = (first[i] / correction1) / (sqrtf(second[i] / correction2) + epsilon);
  }
}
