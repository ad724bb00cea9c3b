import Foundation
import Interchange

/// Small changes of bytes: of any kind of file, with the words and numbers that readers stumble
/// over.
struct Mutator {
  var generator: RandomGenerator

  private static let words: [String] = [
    "null", "true", "false", "[]", "{}", "\"\"", "0", "-0", "-1", "1e999", "-1e999", "1e-999",
    "NaN", "Infinity", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.5",
    "\\u0000", "\\ud800", "\u{FEFF}", "\u{2581}", "▁▁▁▁", "\r\n", "\"", ",", "\t", "]", "}",
    "../../etc/passwd", "/dev/zero", "%s", "<|endoftext|>", "<script>", "\u{1B}[2J",
  ]

  private static let numbers: [String] = [
    "0", "-1", "1", "2", "3", "7", "64", "65535", "65536", "2147483647", "2147483648",
    "4294967296", "1099511627776", "9223372036854775807", "-9223372036854775808", "1e308", "0.0",
    "1e-45", "3.4028236e38",
  ]

  private static let integers: [UInt64] = [
    0, 1, 2, 31, 32, 33, 127, 128, 255, 256, 65535, 65536, 1 << 31, (1 << 31) - 1, 1 << 32,
    (1 << 32) - 1, 1 << 40, 1 << 62, 1 << 63, .max, .max - 1, .max - 31,
  ]

  private mutating func below(_ count: Int) -> Int {
    count < 2 ? 0 : Int(generator.next() % UInt64(count))
  }

  /// A place: mostly near the beginning, where a file says what it is.
  private mutating func place(_ count: Int) -> Int {
    let reach = [64, 512, 4096, count, count][below(5)]
    return below(min(count, reach) + 1)
  }

  /// One to four changes.
  mutating func changed(_ bytes: [UInt8], mixing other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...[0, 0, 1, 3][below(4)] { change(&bytes, other) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
    let at = place(bytes.count)
    let length = 1 + below([2, 8, 64, 1024][below(4)])
    let end = min(bytes.count, at + length)
    switch below(14) {
    case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
    case 1 where at < bytes.count: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
    case 2: bytes.removeSubrange(at..<end)
    case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
    case 4: bytes.insert(contentsOf: Self.words[below(Self.words.count)].utf8, at: at)
    case 5: bytes.removeSubrange(at...)
    case 6, 7: number(&bytes, from: at)
    case 8, 9: integer(&bytes, at)
    case 10: value(&bytes, from: at)
    case 11 where !other.isEmpty:
      let start = below(other.count)
      let part = other[start..<min(other.count, start + length)]
      bytes.replaceSubrange(at..<min(bytes.count, at + part.count), with: part)
    case 12:
      let mark = Array("[{\"a\":(".utf8)[below(6)]
      bytes.insert(
        contentsOf: Array(repeating: mark, count: [3, 200, 20_000][below(3)]), at: at)
    default:
      for index in at..<end { bytes[index] = [0, 0xFF, 0x7F, 0x80, 0x20][below(5)] }
    }
  }

  /// Another number in the place of the next one that is written in digits.
  private mutating func number(_ bytes: inout [UInt8], from start: Int) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    guard let first = bytes[start...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(first..<end, with: Self.numbers[below(Self.numbers.count)].utf8)
  }

  /// An odd whole number of 1, 2, 4 or 8 bytes.
  private mutating func integer(_ bytes: inout [UInt8], _ at: Int) {
    let width = [1, 2, 4, 8, 8][below(5)]
    let value = Self.integers[below(Self.integers.count)]
    // Fields of most formats stand at whole multiples.
    let start = below(2) == 0 ? at & ~3 : at
    for index in 0..<width where start + index < bytes.count {
      bytes[start + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
    }
  }

  /// Another JSON value in the place of what follows a colon or a comma.
  private mutating func value(_ bytes: inout [UInt8], from start: Int) {
    let isMark: (UInt8) -> Bool = { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ",") }
    guard let mark = bytes[start...].firstIndex(where: isMark) else { return }
    let ends = Array(",}]\n".utf8)
    let end = bytes[(mark + 1)...].firstIndex { ends.contains($0) } ?? bytes.count
    bytes.replaceSubrange(mark + 1..<end, with: Self.words[below(Self.words.count)].utf8)
  }
}
