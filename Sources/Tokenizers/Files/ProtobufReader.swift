/// Reads the fields of a Protocol Buffers message (the wire format of version 2 and 3).
struct ProtobufReader {
  /// A field's value as it is written; what it means depends on the field.
  enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
    case fixed64(UInt64)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The byte of the next field.
  var position: Int { rest.startIndex }

  /// True when all has been read.
  var isAtEnd: Bool { rest.isEmpty }

  /// The next field's number and value; nil for bytes that are no field.
  mutating func next() -> (field: Int, value: Value)? {
    guard let key = number(), key >> 3 > 0, key >> 3 < 1 << 29 else { return nil }
    let field = Int(key >> 3)
    switch key & 7 {
    case 0: return number().map { (field, .number($0)) }
    case 1: return fixed(8).map { (field, .fixed64($0)) }
    case 2:
      guard let length = number(), length <= UInt64(rest.count) else { return nil }
      let bytes = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      return (field, .bytes(bytes))
    case 5: return fixed(4).map { (field, .fixed32(UInt32($0))) }
    default: return nil
    }
  }

  private mutating func number() -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }

  private mutating func fixed(_ count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    let number = rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(count)
    return number
  }
}

extension ProtobufReader.Value {
  var text: String? {
    if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }
  var flag: Bool? { if case .number(let number) = self { number != 0 } else { nil } }
  var integer: Int? {
    if case .number(let number) = self { Int(Int32(truncatingIfNeeded: number)) } else { nil }
  }
  var float: Float? {
    if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil }
  }
  var data: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
}
