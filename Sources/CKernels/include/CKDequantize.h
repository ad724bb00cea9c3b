// Widening of stored weights to float32: half-precision forms and GGUF's block formats.
//
// Every function writes `count` floats from a run of whole blocks; `count` is a multiple of the
// format's block size. A run may start at any block, so that a range of rows can be widened alone.
// Nothing needs to be aligned. Products and sums are rounded one at a time (never fused), so that
// every level gives the same bits as the formats' reference definition.
//
// A block is stored little-endian, field after field, without padding. d, m and dmin are float16;
// q[i] is the small integer stored for element i.
#ifndef CKDEQUANTIZE_H
#define CKDEQUANTIZE_H

#include <stddef.h>

/// IEEE float16, one element a block. A NaN stays one; its payload depends on the level.
void ck_widen_f16(const void *blocks, float *out, size_t count);
/// bfloat16: the upper half of a float32, one element a block.
void ck_widen_bf16(const void *blocks, float *out, size_t count);

// --- blocks of 32 --------------------------------------------------------------------------------
//
// Four-bit fields hold element i in the low half of byte i and element i + 16 in its high half.
// qh holds the fifth bit of element i as its bit i.

/// 18 bytes: d, 16 bytes of q. x = d · (q − 8)
void ck_widen_q4_0(const void *blocks, float *out, size_t count);
/// 20 bytes: d, m, 16 bytes of q. x = d · q + m
void ck_widen_q4_1(const void *blocks, float *out, size_t count);
/// 22 bytes: d, 4 bytes of qh, 16 bytes of q. x = d · (q − 16)
void ck_widen_q5_0(const void *blocks, float *out, size_t count);
/// 24 bytes: d, m, 4 bytes of qh, 16 bytes of q. x = d · q + m
void ck_widen_q5_1(const void *blocks, float *out, size_t count);
/// 34 bytes: d, 32 signed bytes of q. x = d · q
void ck_widen_q8_0(const void *blocks, float *out, size_t count);

// --- blocks of 256 -------------------------------------------------------------------------------
//
// Eight groups of 32 elements, each with a 6-bit scale and a 6-bit minimum, packed in 12 bytes:
// bytes 0–3 hold scales 0–3 in their low 6 bits, bytes 4–7 minima 0–3, bytes 8–11 the low 4 bits of
// scales 4–7 (low half) and of minima 4–7 (high half), whose upper 2 bits are the top bits of
// bytes 0–3 and 4–7. Byte i of the k-th 32 bytes of q holds element i of group 2k in its low half
// and element i of group 2k + 1 in its high half. Byte i of qh holds the fifth bit of element i of
// group g as its bit g.

/// 144 bytes: d, dmin, 12 bytes of scales, 128 bytes of q. x = (d · scale) · q − (dmin · minimum)
void ck_widen_q4_k(const void *blocks, float *out, size_t count);
/// 176 bytes: d, dmin, 12 bytes of scales, 32 bytes of qh, 128 bytes of q. x as in q4_k.
void ck_widen_q5_k(const void *blocks, float *out, size_t count);
/// 210 bytes: 128 bytes of low halves, 64 bytes of upper bit pairs, 16 signed scales, d.
/// x = (d · scale) · (q − 32), one scale for 16 elements. Each half of the block (128 elements, 64
/// bytes of low halves, 32 of bit pairs) is four groups of 32: element i of groups 0 to 3 has its low
/// four bits in byte i (low half), i + 32 (low), i (high), i + 32 (high), and its upper two bits in
/// bit pair 0 to 3 of byte i.
void ck_widen_q6_k(const void *blocks, float *out, size_t count);

#endif
