/// A hash that tells data apart: FNV-1a over words of 64 bits. It is no defence against data that
/// were made to have the same one.
package struct Fingerprint {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The hash of no words.
  package init() {}

  /// Takes a word up.
  package mutating func add(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01B3 }

  /// The hash in hexadecimal digits.
  package var text: String { String(hash, radix: 16) }
}
