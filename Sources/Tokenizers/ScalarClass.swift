/// Sets of the disjoint classes that the pre-tokenizers' patterns tell apart.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  /// `\p{L}`
  static let letter = ScalarClass(rawValue: 1)
  /// `\p{N}`
  static let number = ScalarClass(rawValue: 2)
  /// `[\r\n]`
  static let newline = ScalarClass(rawValue: 4)
  /// `\s` without `[\r\n]`
  static let blank = ScalarClass(rawValue: 8)
  /// `[^\s\p{L}\p{N}]`
  static let other = ScalarClass(rawValue: 16)
  /// `\s`, the property White_Space
  static let whitespace: ScalarClass = [.newline, .blank]

  /// The class of one scalar.
  init(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x80 {
      self = Self.ofASCII[Int(scalar.value)]
    } else {
      self.init(properties: scalar)
    }
  }

  private init(properties scalar: Unicode.Scalar) {
    if scalar == "\n" || scalar == "\r" {
      self = .newline
    } else if scalar.properties.isWhitespace {
      self = .blank
    } else {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        self = .letter
      case .decimalNumber, .letterNumber, .otherNumber:
        self = .number
      default:
        self = .other
      }
    }
  }

  init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  private static let ofASCII: [ScalarClass] = (UInt8(0)..<0x80).map {
    ScalarClass(properties: Unicode.Scalar($0))
  }
}

/// A range of valid UTF-8, read scalar by scalar.
struct ScalarReader {
  let bytes: [UInt8]
  let end: Int

  /// The scalar at byte `index`, and the byte after it.
  @inline(__always)
  func scalar(at index: Int) -> (scalar: Unicode.Scalar, end: Int) {
    let first = bytes[index]
    if first < 0x80 { return (Unicode.Scalar(first), index + 1) }
    let width = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var value = UInt32(first) & (0x7F >> UInt32(width))
    for offset in 1..<width { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", index + width)
  }

  /// The class of the scalar at byte `index`, empty at the end of the range.
  @inline(__always)
  func scalarClass(at index: Int) -> ScalarClass {
    index < end ? ScalarClass(scalar(at: index).scalar) : []
  }

  /// The end of the run of scalars of `classes` that starts at byte `index`, at most `limit` long.
  @inline(__always)
  func endOfRun(of classes: ScalarClass, from index: Int, limit: Int = .max) -> Int {
    var position = index
    var count = 0
    while position < end, count < limit {
      let (scalar, next) = scalar(at: position)
      guard classes.contains(ScalarClass(scalar)) else { break }
      position = next
      count += 1
    }
    return position
  }
}
