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
/// An 8-bit float of 4 exponent bits (bias 7) without infinity; 0x7f and 0xff are NaN.
void ck_widen_f8_e4m3(const void *blocks, float *out, size_t count);
/// An 8-bit float of 5 exponent bits: the upper half of a float16.
void ck_widen_f8_e5m2(const void *blocks, float *out, size_t count);

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
/// 18 bytes: d, 16 bytes of indices of the codes −127, −104, −83, −65, −49, −35, −22, −10, 1, 13,
/// 25, 38, 53, 69, 89, 113. x = d · code
void ck_widen_iq4_nl(const void *blocks, float *out, size_t count);
/// 17 bytes: an exponent e, 16 bytes of floats of one sign, two exponent and one mantissa bit (0,
/// ½, 1, 1½, 2, 3, 4, 6). x = 2^(e − 127) · float
void ck_widen_mxfp4(const void *blocks, float *out, size_t count);
/// 36 bytes for 64 elements in four groups of 16: four scales, unsigned floats of four exponent and
/// three mantissa bits, and 8 bytes for each group with the floats of mxfp4, element i in the low
/// half of byte i and element i + 8 in its high half. x = scale · float
void ck_widen_nvfp4(const void *blocks, float *out, size_t count);

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
/// bytes of low halves, 32 of bit pairs) is four groups of 32: element i of groups 0 to 3 has its
/// low four bits in byte i (low half), i + 32 (low), i (high), i + 32 (high), and its upper two
/// bits in bit pair 0 to 3 of byte i.
void ck_widen_q6_k(const void *blocks, float *out, size_t count);

// Bits two at a time: each half of the block (128 elements, 32 bytes of q) is four groups of 32,
// and byte i of q holds element i of group g in its bit pair g.

/// 84 bytes: 16 bytes with a scale (low half) and a minimum (high half) of 16 elements, 64 bytes of
/// q, d, dmin. x = (d · scale) · q − (dmin · minimum)
void ck_widen_q2_k(const void *blocks, float *out, size_t count);
/// 110 bytes: 32 bytes of qh, 64 bytes of q, 12 bytes with 16 scales of 6 bits, d.
/// x = (d · (scale − 32)) · (q + 4 · bit − 4), where byte i of qh holds the bit of element i of the
/// half's group g as its bit g, or 4 + g in the second half. The low four bits of scales 0–7 and
/// 8–15 are in the low and high halves of bytes 0–7, the upper two of scale k in bit pair k / 4 of
/// byte 8 + k mod 4.
void ck_widen_q3_k(const void *blocks, float *out, size_t count);
/// 66 bytes: 64 bytes of q, d. x = d · (q − 1)
void ck_widen_tq2_0(const void *blocks, float *out, size_t count);
/// 54 bytes: 48 bytes of five trits, 4 bytes of four, d. x = d · (trit − 1). Trit k of a byte is
/// the integer part of 3 · (byte · 3^k mod 256) / 256; the bytes 0–31, 32–47 and 48–51 hold all
/// their first trits, then all their second ones…
void ck_widen_tq1_0(const void *blocks, float *out, size_t count);
/// 136 bytes: d, 2 bytes with the upper two and 4 with the low four bits of eight scales, 128 bytes
/// of indices in eight groups as in iq4_nl. x = (d · (scale − 32)) · code
void ck_widen_iq4_xs(const void *blocks, float *out, size_t count);

// By codebook (grids.c): an index gives eight elements, or four (iq3). Signs are a bit each;
// iq2_xxs, iq2_xs and iq3_xxs store seven of eight, which have an even number of ones with the
// last.

/// 66 bytes: d, and for each group of 32 four indices of 8 bits, four times seven signs and a scale
/// of 4 bits. x = ± d · (½ + scale) / 4 · element
void ck_widen_iq2_xxs(const void *blocks, float *out, size_t count);
/// 74 bytes: d, 32 indices of 9 bits with seven signs each, 16 scales of 4 bits. x as in iq2_xxs.
void ck_widen_iq2_xs(const void *blocks, float *out, size_t count);
/// 82 bytes: d, 32 bytes of indices, 32 bytes of signs, 8 bytes of the indices' upper two bits, 16
/// scales of 4 bits. x as in iq2_xxs.
void ck_widen_iq2_s(const void *blocks, float *out, size_t count);
/// 98 bytes: d, 64 indices of 8 bits, and for each group of 32 four times seven signs and a scale
/// of 4 bits. x = ± d · (½ + scale) / 2 · element
void ck_widen_iq3_xxs(const void *blocks, float *out, size_t count);
/// 110 bytes: d, 64 bytes of indices, 8 bytes of their ninth bits, 32 bytes of signs, 8 scales of 4
/// bits. x = ± d · (1 + 2 · scale) · element
void ck_widen_iq3_s(const void *blocks, float *out, size_t count);
/// 50 bytes: d, 32 bytes of indices, and for each group of 32 a number of 16 bits with four times
/// their upper three bits, a scale of 3 bits and a sign s. x = d · (2 · scale + 1) · (element ± ⅛)
void ck_widen_iq1_s(const void *blocks, float *out, size_t count);
/// 56 bytes: 32 bytes of indices, 16 bytes with twice their upper three bits and a sign, four
/// numbers of 16 bits with four scales of 3 bits each and four bits of d. x as in iq1_s.
void ck_widen_iq1_m(const void *blocks, float *out, size_t count);

// --- blocks of 32 under float32 scales -------------------------------------------------------------
//
// No file has them: weights of quantized folders are held so. Four-bit fields as in q4_0.

/// 36 bytes: scale, 32 signed bytes of q. x = scale · q
void ck_widen_scaled_i8(const void *blocks, float *out, size_t count);
/// 36 bytes: scale, 32 floats as ck_widen_f8_e4m3 reads them. x = scale · float
void ck_widen_scaled_f8(const void *blocks, float *out, size_t count);
/// 24 bytes: scale, offset, 16 bytes of q. x = scale · q + offset
void ck_widen_scaled_u4(const void *blocks, float *out, size_t count);
/// 20 bytes: scale, 16 bytes of indices of ck_nf4_values. x = scale · value
void ck_widen_scaled_nf4(const void *blocks, float *out, size_t count);
/// 20 bytes: scale, 16 bytes of indices of ck_fp4_values. x = scale · value
void ck_widen_scaled_fp4(const void *blocks, float *out, size_t count);

/// The values of bitsandbytes' types nf4 and fp4.
extern const float ck_nf4_values[16], ck_fp4_values[16];

#endif
