// Element-wise, row-wise and few-row kernels, one source for all levels of a processor.
//
// Matrices are row-major float32. `rows` and `width` name their shape. No kernel allocates, locks
// or fails; none is given overlapping buffers unless it says so.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKDequantize.h"
#include "CKProduct.h"
#include "CKWeights.h"

// --- levels --------------------------------------------------------------------------------------

/// The level of the processor that all kernels use: "avx512", "avx2" or "baseline". It is the best
/// that the processor has, or a lower one that the environment variable INTERCHANGE_KERNELS names;
/// any other value of that ends the program at its start, with a line and exit code 64.
const char *ck_level_name(void);

// --- element-wise --------------------------------------------------------------------------------

/// out = a + b
void ck_add(const float *a, const float *b, float *out, size_t count);
/// out = a - b
void ck_subtract(const float *a, const float *b, float *out, size_t count);
/// out = a * b
void ck_multiply(const float *a, const float *b, float *out, size_t count);
/// out = scale * a
void ck_scale(const float *a, float scale, float *out, size_t count);
/// out += scale * a
void ck_accumulate(const float *a, float scale, float *out, size_t count);
/// out = a rounded to bfloat16 (the form that ck_widen_bf16 reads)
void ck_narrow_bf16(const float *a, void *out, size_t count);
/// Σ a·b, summed in double precision over blocks.
double ck_dot(const float *a, const float *b, size_t count);
/// Σ a, summed in double precision over blocks.
double ck_sum(const float *a, size_t count);

/// The element-wise non-linearities. The numbers are shared with Swift.
enum {
  CK_RELU = 0,
  CK_SILU = 1,
  CK_GELU_TANH = 2,
  CK_GELU_ERF = 3,
  CK_SIGMOID = 4,
  CK_TANH = 5,
  CK_RELU_SQUARE = 6,
  CK_GELU_QUICK = 7,
};
/// out = f(x)
void ck_activation(int function, const float *x, float *out, size_t count);
/// dx = dy · f′(x)
void ck_activation_gradient(int function, const float *x, const float *dy, float *dx, size_t count);
/// out = silu(gate) · up
void ck_swiglu(const float *gate, const float *up, float *out, size_t count);
/// dgate = dy · up · silu′(gate); dup = dy · silu(gate); neither is made where it is NULL. They may
/// be `gate` and `up` themselves.
void ck_swiglu_gradient(
  const float *gate, const float *up, const float *dy, float *dgate, float *dup, size_t count);

// --- row-wise ------------------------------------------------------------------------------------

/// out = x / rms(x) · weight; scales[row] = 1 / rms(x).
void ck_rms_norm(
  const float *x, const float *weight, float epsilon, float *out, float *scales, size_t rows,
  size_t width);
/// dx for ck_rms_norm.
void ck_rms_norm_gradient(
  const float *x, const float *weight, const float *scales, const float *dy, float *dx, size_t rows,
  size_t width);
/// dweight += Σ over rows of dy · x · scale.
void ck_rms_norm_weight_gradient(
  const float *x, const float *scales, const float *dy, float *dweight, size_t rows, size_t width);

/// out = (x - mean) / deviation · weight + bias; means and scales (1 / deviation) are kept per row.
void ck_layer_norm(
  const float *x, const float *weight, const float *bias, float epsilon, float *out, float *means,
  float *scales, size_t rows, size_t width);
/// dx for ck_layer_norm.
void ck_layer_norm_gradient(
  const float *x, const float *weight, const float *means, const float *scales, const float *dy,
  float *dx, size_t rows, size_t width);
/// dweight and dbias += their sums over rows.
void ck_layer_norm_weight_gradient(
  const float *x, const float *means, const float *scales, const float *dy, float *dweight,
  float *dbias, size_t rows, size_t width);

/// Rotates pairs (i, i + head_width / 2) of every head of one row by the angles of its position;
/// direction +1 rotates forward, -1 back. cosines and sines hold [head_width / 2] for this row.
void ck_rotary(
  const float *x, const float *cosines, const float *sines, float direction, float *out,
  size_t heads, size_t head_width);

/// The same for the first `turned` numbers of each head alone, in pairs (i, i + turned / 2) or
/// adjacent ones; the rest is copied. cosines and sines hold [turned / 2].
void ck_rotary_part(
  const float *x, const float *cosines, const float *sines, float direction, float *out,
  size_t heads, size_t head_width, size_t turned, int adjacent);

/// In place: scores become cap · t with t = tanh(inner · score), which is kept in `tangents`.
void ck_soft_cap(float *scores, float *tangents, float inner, float cap, size_t count);
/// In place: gradient · scale · (1 − t²).
void ck_soft_cap_gradient(const float *tangents, float *gradient, float scale, size_t count);

/// In place: the first `allowed` scores of a row become their softmax after scaling, the rest 0.
void ck_softmax(float *scores, float scale, size_t allowed, size_t width);
/// In place over dP: dS = P · (dP - Σ P·dP) · scale.
void ck_softmax_gradient(const float *probabilities, float *gradient, float scale, size_t width);

/// Returns -log softmax(logits)[target], and writes softmax(logits) when probabilities isn't null.
float ck_cross_entropy(const float *logits, size_t target, float *probabilities, size_t width);

/// One more piece of a softmax whose logits come piece by piece: logits become e^(logit − largest),
/// where largest is that of all pieces so far, and their sum is added to `sum`. Returns what
/// everything gathered before has to be multiplied by, `sum` excepted; largest starts as −∞, sum as
/// 0.
float ck_running_softmax(float *logits, size_t width, float *largest, float *sum);

/// sums[column] += Σ over rows.
void ck_column_sums(const float *x, float *sums, size_t rows, size_t width);
/// x[row] += bias, in place.
void ck_add_bias(float *x, const float *bias, size_t rows, size_t width);

// --- optimiser -----------------------------------------------------------------------------------

/// One Adam step's direction: first and second moments are updated in place and
/// direction = (first / correction1) / (sqrt(second / correction2) + epsilon).
void ck_adam(
  const float *gradient, float *first, float *second, float *direction, float beta1, float beta2,
  float correction1, float correction2, float epsilon, size_t count);

// --- one row times a matrix ------------------------------------------------------------------------

/// out[j] (+)= row · matrix[j] for `count` rows of the matrix, `stride` floats apart, `width` long.
void ck_row_dots(
  const float *row, const float *matrix, size_t stride, size_t count, size_t width, float *out,
  int accumulating);
/// out[i] (+)= Σ_j weights[j] · matrix[j, i] over `count` rows of the matrix, `width` long.
void ck_weighted_rows(
  const float *weights, const float *matrix, size_t stride, size_t count, size_t width, float *out,
  int accumulating);

// --- memory --------------------------------------------------------------------------------------

/// From now on freed buffers of 1 MiB and more go back to the system at once.
void ck_return_large_buffers(void);

// --- threads -------------------------------------------------------------------------------------

/// Starts the one thread pool with this many threads in all (the caller's included); later calls
/// change the number. Values below 1 count as 1.
void ck_set_threads(int threads);
int ck_threads(void);
/// Calls body(context, index) for every index below count, on all threads; returns when all are
/// done. A call from inside a body, or while another thread uses the pool, runs on the calling
/// thread alone.
void ck_parallel(size_t count, void (*body)(void *context, size_t index), void *context);

#endif
