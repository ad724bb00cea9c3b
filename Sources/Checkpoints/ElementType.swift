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
  /// Blocks of 256 in 8 parts, each with a scale and a minimum of 6 bits: 4 bits.
  case q4_K = "Q4_K"
  /// Blocks of 256 in 8 parts, each with a scale and a minimum of 6 bits: 5 bits.
  case q5_K = "Q5_K"
  /// Blocks of 256 in 16 parts, each with a scale of 8 bits: 6 bits, symmetric.
  case q6_K = "Q6_K"
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
  public var blockSize: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q4_K, .q5_K, .q6_K: 256
    default: 1
    }
  }

  /// The number of bytes of a block.
  public var bytesPerBlock: Int {
    switch self {
    case .int8, .uint8, .boolean: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

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
