import InterchangeBasics

/// A value of a GGUF file's metadata.
public enum MetadataValue: Sendable, Equatable {
  /// A whole number of 8 bits without a sign.
  case uint8(UInt8)
  /// A whole number of 8 bits with a sign.
  case int8(Int8)
  /// A whole number of 16 bits without a sign.
  case uint16(UInt16)
  /// A whole number of 16 bits with a sign.
  case int16(Int16)
  /// A whole number of 32 bits without a sign.
  case uint32(UInt32)
  /// A whole number of 32 bits with a sign.
  case int32(Int32)
  /// A number in single precision.
  case float32(Float)
  /// A truth value.
  case boolean(Bool)
  /// A text.
  case string(String)
  /// Values of one type.
  case array(MetadataArray)
  /// A whole number of 64 bits without a sign.
  case uint64(UInt64)
  /// A whole number of 64 bits with a sign.
  case int64(Int64)
  /// A number in double precision.
  case float64(Double)

  /// The value's type.
  public var type: MetadataType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .uint16: .uint16
    case .int16: .int16
    case .uint32: .uint32
    case .int32: .int32
    case .float32: .float32
    case .boolean: .boolean
    case .string: .string
    case .array: .array
    case .uint64: .uint64
    case .int64: .int64
    case .float64: .float64
    }
  }

  /// The type in words, for errors: "uint32", "array of 12 string".
  var typeDescription: String {
    guard case .array(let array) = self else { return "\(type)" }
    return "array of \(array.count) \(array.elementType)"
  }
}

/// The types of GGUF metadata; the raw value is the number in the file.
public enum MetadataType: UInt32, Sendable, CustomStringConvertible {
  /// A whole number of 8 bits without a sign.
  case uint8 = 0
  /// A whole number of 8 bits with a sign.
  case int8 = 1
  /// A whole number of 16 bits without a sign.
  case uint16 = 2
  /// A whole number of 16 bits with a sign.
  case int16 = 3
  /// A whole number of 32 bits without a sign.
  case uint32 = 4
  /// A whole number of 32 bits with a sign.
  case int32 = 5
  /// A number in single precision.
  case float32 = 6
  /// A truth value of one byte.
  case boolean = 7
  /// A text.
  case string = 8
  /// Values of one type.
  case array = 9
  /// A whole number of 64 bits without a sign.
  case uint64 = 10
  /// A whole number of 64 bits with a sign.
  case int64 = 11
  /// A number in double precision.
  case float64 = 12

  /// The type's name, e.g. "uint32".
  public var description: String {
    switch self {
    case .uint8: "uint8"
    case .int8: "int8"
    case .uint16: "uint16"
    case .int16: "int16"
    case .uint32: "uint32"
    case .int32: "int32"
    case .float32: "float32"
    case .boolean: "boolean"
    case .string: "string"
    case .array: "array"
    case .uint64: "uint64"
    case .int64: "int64"
    case .float64: "float64"
    }
  }

  /// The bytes of a value; nil for strings and arrays, whose lengths vary.
  var size: Int? {
    switch self {
    case .uint8, .int8, .boolean: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// An array of GGUF metadata: a collection whose elements are read from the file on access.
///
/// A vocabulary of hundreds of thousands of tokens costs one number per token until its text is
/// read.
public struct MetadataArray: Sendable, RandomAccessCollection {
  enum Content: Sendable {
    /// Values of one size, one after the other, from this offset.
    case numbers(offset: Int)
    /// The place of each string's length, and the end of the last string.
    case strings(offsets: [Int])
    case arrays([MetadataArray])
  }

  /// The type of every element.
  public let elementType: MetadataType
  /// The number of elements.
  public let count: Int
  let content: Content
  let file: MappedFile

  /// 0.
  public var startIndex: Int { 0 }
  /// ``count``.
  public var endIndex: Int { count }

  /// The element at a position; a string's bytes that aren't UTF-8 become U+FFFD.
  public subscript(position: Int) -> MetadataValue {
    require(
      indices.contains(position), "MetadataArray[\(position)]: out of range for \(count) elements")
    switch content {
    case .arrays(let arrays): return .array(arrays[position])
    case .strings: return .string(withBytes(at: position) { String(decoding: $0, as: UTF8.self) })
    case .numbers(let offset):
      return file.metadataNumber(elementType, at: offset + position * (elementType.size ?? 1))
    }
  }

  /// Reads the bytes of a string element as they are in the file.
  public func withBytes<R>(
    at position: Int, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    require(
      indices.contains(position), "MetadataArray[\(position)]: out of range for \(count) elements")
    guard case .strings(let offsets) = content else {
      programmerError("MetadataArray.withBytes(at:): expected strings, got \(elementType)")
    }
    let range = offsets[position] + 8..<offsets[position + 1]
    return try file.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

extension MetadataArray: Equatable {
  /// True when both have the same element type and equal elements.
  public static func == (a: MetadataArray, b: MetadataArray) -> Bool {
    a.elementType == b.elementType && a.elementsEqual(b)
  }
}

extension MappedFile {
  /// The number or boolean at a checked offset.
  func metadataNumber(_ type: MetadataType, at offset: Int) -> MetadataValue {
    switch type {
    case .uint8: .uint8(load(UInt8.self, at: offset))
    case .int8: .int8(load(Int8.self, at: offset))
    case .uint16: .uint16(UInt16(littleEndian: load(UInt16.self, at: offset)))
    case .int16: .int16(Int16(littleEndian: load(Int16.self, at: offset)))
    case .uint32: .uint32(UInt32(littleEndian: load(UInt32.self, at: offset)))
    case .int32: .int32(Int32(littleEndian: load(Int32.self, at: offset)))
    case .uint64: .uint64(UInt64(littleEndian: load(UInt64.self, at: offset)))
    case .int64: .int64(Int64(littleEndian: load(Int64.self, at: offset)))
    case .float32:
      .float32(Float(bitPattern: UInt32(littleEndian: load(UInt32.self, at: offset))))
    case .float64:
      .float64(Double(bitPattern: UInt64(littleEndian: load(UInt64.self, at: offset))))
    case .boolean: .boolean(load(UInt8.self, at: offset) != 0)
    case .string, .array: programmerError("metadataNumber: \(type) isn't a number")
    }
  }
}
