/// A JSON document that keeps the members of objects in their order, and integers of 64 bits whole.
///
/// Foundation's parsers put them into dictionaries of `String`, which merge keys that are
/// canonically equivalent; vocabularies have such keys.
public enum JSONValue: Equatable, Sendable {
  /// The literal `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number that is written without a fraction or an exponent, and that an Int holds.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Values by name, in the order of the document.
  case object([Member])

  /// A value of an object with its name.
  public struct Member: Equatable, Sendable {
    /// The member's name.
    public var key: String
    /// The member's value.
    public var value: JSONValue

    /// A member of an object.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value of an object's member; nil when there is none, or it is null.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self,
      let value = members.first(where: { $0.key == key })?.value, value != .null
    else { return nil }
    return value
  }

  /// The text; nil for anything else.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The truth value; nil for anything else.
  public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  /// The elements; nil for anything else.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  /// The members; nil for anything else.
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// A number that is an integer; nil for anything else.
  public var integer: Int? {
    switch self {
    case .integer(let number): number
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  /// The kind of value with its content, for messages.
  public var summary: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
    case .string(let text): quoted(text, upTo: 40)
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object of \(members.count)"
    }
  }
}

/// Reads a JSON document (RFC 8259).
public struct JSONParser {
  /// A fault of a document, with its byte.
  public struct Fault: Error, Equatable {
    /// The element of JSON that should be at the position.
    public var expected: String
    /// The byte of the fault, from 0.
    public var position: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private static let maximumDepth = 128
  private static let longestNumber = 1024

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The document in `bytes`.
  public static func parse(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
    var parser = JSONParser(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.fault("the end of the document") }
    return value
  }

  /// The elements of the array in `bytes`, each with the byte that it starts at.
  public static func parseElements(
    _ bytes: [UInt8]
  ) throws(Fault) -> [(value: JSONValue, position: Int)] {
    var parser = JSONParser(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    parser.skipSpace()
    guard parser.take("[") else { throw parser.fault("an array") }
    var elements: [(JSONValue, Int)] = []
    parser.skipSpace()
    if !parser.take("]") {
      repeat {
        parser.skipSpace()
        let start = parser.position
        elements.append((try parser.value(depth: 1), start))
        parser.skipSpace()
      } while parser.take(",")
      guard parser.take("]") else { throw parser.fault("\",\" or \"]\"") }
    }
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.fault("the end of the document") }
    return elements
  }

  private func fault(_ expected: String) -> Fault {
    Fault(expected: expected, position: position)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Fault) -> JSONValue {
    guard depth < Self.maximumDepth else {
      throw fault("values at most \(Self.maximumDepth) deep in one another")
    }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(_ text: String, _ value: JSONValue) throws(Fault) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw fault(text) }
    position += text.utf8.count
    return value
  }

  private mutating func number() throws(Fault) -> JSONValue {
    let start = position
    while let byte = current, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
    // The time of reading digits grows with the square of their number.
    guard position - start <= Self.longestNumber else {
      position = start
      throw fault("a number of at most \(Self.longestNumber) characters")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let first = text.utf8.first, first != UInt8(ascii: "+"), let number = Double(text) else {
      position = start
      throw fault("a value")
    }
    return Int(text).map(JSONValue.integer) ?? .number(number)
  }

  private mutating func array(depth: Int) throws(Fault) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw fault("\",\" or \"]\"") }
    return .array(elements)
  }

  private mutating func object(depth: Int) throws(Fault) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fault("a key in quotes") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw fault("\":\"") }
      members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw fault("\",\" or \"}\"") }
    return .object(members)
  }

  private mutating func string() throws(Fault) -> String {
    position += 1
    let start = position
    var unescaped: [UInt8] = []
    var copied = start
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fault("control characters in escaped form") }
      if byte == UInt8(ascii: "\\") {
        unescaped += bytes[copied..<position]
        position += 1
        unescaped += try escaped()
        copied = position
      } else {
        position += 1
      }
    }
    unescaped += bytes[copied..<position]
    guard let text = String(validating: unescaped, as: UTF8.self) else {
      position = start
      throw fault("UTF-8")
    }
    guard take("\"") else { throw fault("the end of a string") }
    return text
  }

  /// The bytes of an escape sequence, after its backslash.
  private mutating func escaped() throws(Fault) -> [UInt8] {
    guard let byte = current else { throw fault("an escape sequence") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try hexadecimalUnit()]
      if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
        units.append(try hexadecimalUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw fault("surrogates in pairs")
      }
      return Array(text.utf8)
    default: throw fault("an escape sequence")
    }
  }

  private mutating func hexadecimalUnit() throws(Fault) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits") }
    position += 4
    return unit
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  /// An object of these members.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral {
  /// A truth value.
  public init(booleanLiteral flag: Bool) { self = .bool(flag) }

  /// A text.
  public init(stringLiteral text: String) { self = .string(text) }
}
