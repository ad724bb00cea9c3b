/// Reads a mapped file, or a range of it, from front to back; every read is checked against the
/// end.
///
/// The `place` of a read names its subject, for the error that a truncated file gives.
struct ByteReader {
  let file: MappedFile
  private(set) var position: Int
  private let end: Int
  /// The name of the file or its part, in errors.
  private let whole: String

  init(_ file: MappedFile) { self.init(file, 0..<file.size, called: "the file") }

  /// The caller has checked that the range lies in the file.
  init(_ file: MappedFile, _ range: Range<Int>, called whole: String) {
    self.file = file
    self.whole = whole
    position = range.lowerBound
    end = range.upperBound
  }

  /// The bytes between the position and the end.
  var remaining: Int { end - position }

  /// An error about this file.
  func malformed(_ place: String, expected: String, found: String) -> CheckpointError {
    .malformed(file: file.path, place: place, expected: expected, found: found)
  }

  /// Passes over `count` units of `size` bytes and returns where they were.
  mutating func take(
    _ count: UInt64, of size: Int = 1, _ place: @autoclosure () -> String
  ) throws -> Range<Int> {
    // A division, because the product may overflow.
    guard count <= UInt64(remaining / size) else {
      throw malformed(
        place(), expected: size == 1 ? "\(count) bytes" : "\(count) × \(size) bytes",
        found: "\(remaining) bytes to the end of \(whole)")
    }
    let start = position
    position += Int(count) * size
    return start..<position
  }

  /// The next number, little-endian.
  mutating func number<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, _ place: @autoclosure () -> String
  ) throws -> T {
    let range = try take(1, of: MemoryLayout<T>.size, place())
    return T(littleEndian: file.load(type, at: range.lowerBound))
  }

  /// The next string: its length as 64 bits, then its bytes, which must be UTF-8.
  mutating func string(_ place: @autoclosure () -> String) throws -> String {
    try string(length: number(UInt64.self, place()), place())
  }

  /// A string of a given number of bytes, which must be UTF-8.
  mutating func string(length: UInt64, _ place: @autoclosure () -> String) throws -> String {
    let range = try take(length, place())
    guard let text = file.text(range) else {
      throw malformed(place(), expected: "UTF-8 text", found: "other bytes at \(range.lowerBound)")
    }
    return text
  }
}
