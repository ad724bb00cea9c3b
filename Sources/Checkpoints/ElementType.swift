// The block formats keep the names that GGUF gives them.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// The form in which a checkpoint stores the elements of a tensor.
///
/// The raw value is the name that checkpoint formats print. Elements are stored in blocks of
/// ``blockSize`` along the innermost axis; a type without a block format has blocks of one.
public enum ElementType: String, Sendable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 single precision.
  case float32 = "F32"
  /// IEEE 754 half precision.
  case float16 = "F16"
  /// The upper half of a float32.
  case bfloat16 = "BF16"
  /// IEEE 754 double precision.
  case float64 = "F64"
  /// Floats of 8 bits, 4 of them the exponent's: no infinity (`float8_e4m3fn`).
  case float8_e4m3 = "F8_E4M3"
  /// Floats of 8 bits, 5 of them the exponent's: the upper half of a float16.
  case float8_e5m2 = "F8_E5M2"
  /// Powers of two: an exponent of 8 bits (`float8_e8m0fnu`).
  case float8_e8m0 = "F8_E8M0"
  /// Blocks of 32 with a float16 scale: 4 bits, symmetric.
  case q4_0 = "Q4_0"
  /// Blocks of 32 with a float16 scale and minimum: 4 bits.
  case q4_1 = "Q4_1"
  /// Blocks of 32 with a float16 scale: 5 bits, symmetric.
  case q5_0 = "Q5_0"
  /// Blocks of 32 with a float16 scale and minimum: 5 bits.
  case q5_1 = "Q5_1"
  /// Blocks of 32 with a float16 scale: 8 bits, symmetric.
  case q8_0 = "Q8_0"
  /// Blocks of 256 in 16 parts, each with a scale and a minimum of 4 bits: 2 bits.
  case q2_K = "Q2_K"
  /// Blocks of 256 in 16 parts, each with a scale of 6 bits: 3 bits, symmetric.
  case q3_K = "Q3_K"
  /// Blocks of 256 in 8 parts, each with a scale and a minimum of 6 bits: 4 bits.
  case q4_K = "Q4_K"
  /// Blocks of 256 in 8 parts, each with a scale and a minimum of 6 bits: 5 bits.
  case q5_K = "Q5_K"
  /// Blocks of 256 in 16 parts, each with a scale of 8 bits: 6 bits, symmetric.
  case q6_K = "Q6_K"
  /// Blocks of 256 with a float16 scale: −1, 0 or 1, five in a byte.
  case tq1_0 = "TQ1_0"
  /// Blocks of 256 with a float16 scale: −1, 0, 1 or 2, four in a byte.
  case tq2_0 = "TQ2_0"
  /// Blocks of 256 in 8 parts: entries of a codebook of 2048 times eight elements.
  case iq1_S = "IQ1_S"
  /// Blocks of 256 in 16 parts: entries of a codebook of 2048 times eight elements.
  case iq1_M = "IQ1_M"
  /// Blocks of 256 in 8 parts: entries of a codebook of 256 times eight elements, and signs.
  case iq2_XXS = "IQ2_XXS"
  /// Blocks of 256 in 16 parts: entries of a codebook of 512 times eight elements, and signs.
  case iq2_XS = "IQ2_XS"
  /// Blocks of 256 in 16 parts: entries of a codebook of 1024 times eight elements, and signs.
  case iq2_S = "IQ2_S"
  /// Blocks of 256 in 8 parts: entries of a codebook of 256 times four elements, and signs.
  case iq3_XXS = "IQ3_XXS"
  /// Blocks of 256 in 8 parts: entries of a codebook of 512 times four elements, and signs.
  case iq3_S = "IQ3_S"
  /// Blocks of 32 with a float16 scale: 4 bits, indices of 16 uneven steps.
  case iq4_NL = "IQ4_NL"
  /// Blocks of 256 in 8 parts, each with a scale of 6 bits: 4 bits as in IQ4_NL.
  case iq4_XS = "IQ4_XS"
  /// Blocks of 32 with a power of two as their scale: floats of 4 bits.
  case mxfp4 = "MXFP4"
  /// Blocks of 64 in 4 parts, each with a scale of 8 bits: floats of 4 bits.
  case nvfp4 = "NVFP4"
  /// Blocks of 32 with a float32 scale: 8 bits with a sign. No file has it: weights of quantized
  /// folders are held so.
  case scaledInt8 = "I8 with scales"
  /// Blocks of 32 with a float32 scale: ``float8_e4m3``, held like ``scaledInt8``.
  case scaledFloat8 = "F8_E4M3 with scales"
  /// Blocks of 32 with a float32 scale and offset: 4 bits, held like ``scaledInt8``.
  case scaledUInt4 = "U4 with scales"
  /// Blocks of 32 with a float32 scale: indices of bitsandbytes' 16 values nf4, held like
  /// ``scaledInt8``.
  case scaledNF4 = "NF4 with scales"
  /// Blocks of 32 with a float32 scale: indices of bitsandbytes' 16 values fp4, held like
  /// ``scaledInt8``.
  case scaledFP4 = "FP4 with scales"
  /// Whole numbers of 8 bits with a sign.
  case int8 = "I8"
  /// Whole numbers of 16 bits with a sign.
  case int16 = "I16"
  /// Whole numbers of 32 bits with a sign.
  case int32 = "I32"
  /// Whole numbers of 64 bits with a sign.
  case int64 = "I64"
  /// Whole numbers of 8 bits without a sign.
  case uint8 = "U8"
  /// Whole numbers of 16 bits without a sign.
  case uint16 = "U16"
  /// Whole numbers of 32 bits without a sign.
  case uint32 = "U32"
  /// Whole numbers of 64 bits without a sign.
  case uint64 = "U64"
  /// Truth values of one byte.
  case boolean = "BOOL"

  /// True when the elements are whole numbers or truth values.
  package var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .boolean: true
    default: false
    }
  }

  /// The number of elements in a block.
  public var blockSize: Int { form.block }

  /// The number of bytes of a block.
  public var bytesPerBlock: Int { form.bytes }

  /// The name that checkpoint formats print, e.g. "Q4_1".
  public var description: String { rawValue }

  /// The number of bytes of a row of `count` elements; nil unless whole blocks hold them, and on
  /// overflow.
  package func byteCount(ofRow count: Int) -> Int? {
    guard count >= 0, count % blockSize == 0 else { return nil }
    let (bytes, overflow) = (count / blockSize).multipliedReportingOverflow(by: bytesPerBlock)
    return overflow ? nil : bytes
  }
}

/// The number of elements of a shape; nil when an axis is negative or a product of axes overflows,
/// even one that another axis of length 0 hides.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for length in shape {
    let overflow: Bool
    (product, overflow) = product.multipliedReportingOverflow(by: max(1, length))
    guard length >= 0, !overflow else { return nil }
  }
  return shape.contains(0) ? 0 : product
}
