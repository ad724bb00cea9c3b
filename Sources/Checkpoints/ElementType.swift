// The block formats keep the names that GGUF gives them.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// How a checkpoint stores the elements of a tensor.
///
/// The raw value is the name that checkpoint formats print. Elements are stored in blocks of
/// ``blockSize`` along the innermost axis; a type without a block format has blocks of one.
public enum ElementType: String, Sendable, CaseIterable, CustomStringConvertible {
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float64 = "F64"
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q8_0 = "Q8_0"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"
  case int8 = "I8"
  case int16 = "I16"
  case int32 = "I32"
  case int64 = "I64"
  case uint8 = "U8"
  case uint16 = "U16"
  case uint32 = "U32"
  case uint64 = "U64"
  case boolean = "BOOL"

  /// Whether the elements are whole numbers or truth values.
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

/// The number of elements of a shape; nil when an axis is negative or a product of axes overflows, be it
/// one that another axis of length 0 hides.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for length in shape {
    let overflow: Bool
    (product, overflow) = product.multipliedReportingOverflow(by: max(1, length))
    guard length >= 0, !overflow else { return nil }
  }
  return shape.contains(0) ? 0 : product
}
