/// The spelling of bytes in byte-level vocabularies: a printable scalar for each of the 256 bytes.
///
/// Printable Latin-1 bytes stand for themselves; the others, in order, for U+0100 and on, so that a
/// space is spelled "Ġ" (Radford et al. 2019, GPT-2).
enum ByteLevelAlphabet {
  /// The scalar that spells each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "\u{FFFD}"
    }
  }()

  /// The byte that each scalar below U+0144 spells.
  private static let bytes: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 0x144)
    for (byte, scalar) in zip(UInt8.min...UInt8.max, scalars) {
      table[Int(scalar.value)] = byte
    }
    return table
  }()

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
  }

  /// The bytes that `spelling` stands for, or nil when it has a scalar outside the alphabet.
  static func decode(_ spelling: String) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(spelling.utf8.count)
    for scalar in spelling.unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return nil }
      decoded.append(byte)
    }
    return decoded
  }

  /// The spelling of `bytes`.
  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var spelling = String.UnicodeScalarView()
    for byte in bytes { spelling.append(scalars[Int(byte)]) }
    return String(spelling)
  }
}
