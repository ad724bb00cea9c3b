/// Turns tokens into text while they are generated; holds back bytes that are no whole scalar yet.
///
/// The texts of all ``append(_:)`` calls and of ``finish()``, one after the other, are what
/// ``Tokenizer/decode(_:skippingSpecialTokens:continuing:)`` makes of all the tokens, with
/// `continuing` set.
public struct StreamingDecoder: Sendable {
  private var joiner: PieceJoiner
  private var pending: [UInt8] = []

  /// Makes a decoder for tokens that continue a text.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
    joiner = PieceJoiner(
      tokenizer, skippingSpecialTokens: skippingSpecialTokens, continuing: true)
  }

  /// The text that is complete now that `id` has come.
  public mutating func append(_ id: Int) -> String {
    joiner.append(id, to: &pending)
    let complete = pending.count - Self.lengthOfIncompleteEnd(of: pending[...])
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// The rest at the end of the stream: U+FFFD where a scalar stayed incomplete.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The number of bytes at the end of `bytes` that may be the start of one more scalar.
  static func lengthOfIncompleteEnd(of bytes: ArraySlice<UInt8>) -> Int {
    for length in 1...3 where length <= bytes.count {
      let end = bytes.suffix(length)
      guard let first = end.first, first & 0xC0 != 0x80 else { continue }
      return isStartOfScalar(end) ? length : 0
    }
    return 0
  }

  /// True when `bytes` are valid UTF-8 that only lacks its last bytes (Unicode, table 3-7).
  private static func isStartOfScalar(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return false }
    let (width, second): (Int, ClosedRange<UInt8>) =
      switch first {
      case 0xC2...0xDF: (2, 0x80...0xBF)
      case 0xE0: (3, 0xA0...0xBF)
      case 0xED: (3, 0x80...0x9F)
      case 0xE1...0xEF: (3, 0x80...0xBF)
      case 0xF0: (4, 0x90...0xBF)
      case 0xF1...0xF3: (4, 0x80...0xBF)
      case 0xF4: (4, 0x80...0x8F)
      default: (0, 0x80...0xBF)
      }
    guard bytes.count < width else { return false }
    return bytes.dropFirst().first.map(second.contains) ?? true
  }

  /// `bytes` as text, with bytes that are no whole UTF-8 as "⟨E2⟩".
  static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    var rest = bytes
    while let first = rest.first {
      let width = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      if let scalar = String(validating: rest.prefix(width), as: UTF8.self),
        scalar.unicodeScalars.count == 1
      {
        text += scalar
        rest = rest.dropFirst(width)
      } else {
        let digits = String(first, radix: 16, uppercase: true)
        text += "⟨\(digits.count < 2 ? "0" : "")\(digits)⟩"
        rest = rest.dropFirst()
      }
    }
    return text
  }
}
