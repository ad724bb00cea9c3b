import InterchangeBasics

/// The entries of a zip archive whose data is stored as it is, as torch and numpy write it.
///
/// The file is, with every number little-endian:
///
/// 1. The entries, one after the other: a local header of 30 bytes ("PK\u{3}\u{4}", flags, method,
///    sizes), the name, extra fields, then the data; torch pads the extra fields so that the data
///    starts at a multiple of 64. A data descriptor with the sizes may follow.
/// 2. The central directory: for each entry a header of 46 bytes ("PK\u{1}\u{2}", the same and the
///    offset of the local header), the name, extra fields and a comment.
/// 3. For zip64, the 64-bit end record ("PK\u{6}\u{6}") and its locator of 20 bytes
///    ("PK\u{6}\u{7}"). A number of 2 or 4 that doesn't fit is all ones, and the extra field 1 or
///    the 64-bit record has it.
/// 4. The end record of 22 bytes ("PK\u{5}\u{6}"): the number of entries, the directory's size and
///    offset, the length of the comment that follows.
///
/// All of it is checked before this value exists: that both headers of an entry agree, and that no
/// entry shares a byte with another or with the directory. Checksums aren't compared: that would
/// read every byte.
struct ZipDirectory {
  /// The bytes of each entry's data, by name.
  let entries: [String: Range<Int>]
  /// The names, in the directory's order.
  let names: [String]

  /// The program whose archives a reader takes, for its errors.
  enum Writer {
    case torch
    case numpy

    /// The call that writes them.
    var call: String { self == .torch ? "torch.save writes since 1.6" : "numpy.savez writes" }
    var name: String { self == .torch ? "torch" : "numpy.savez" }
  }

  init(_ file: MappedFile, writer: Writer = .torch) throws {
    let end = try ZipEnd(file, writer)
    var reader = ByteReader(file, end.directory, called: "the directory")
    guard end.count <= end.directory.count / ZipEntry.headerSize else {
      throw reader.malformed(
        "zip directory", expected: "\(end.count) entries",
        found: "\(end.directory.count) bytes")
    }
    var names: [String] = []
    var entries: [String: Range<Int>] = [:]
    var extents: [(name: String, extent: Range<Int>)] = []
    for number in 0..<end.count {
      let entry = try ZipEntry(reading: &reader, number: number, writer)
      let (extent, data) = try entry.place(in: file, before: end.directory.lowerBound)
      guard entries.updateValue(data, forKey: entry.name) == nil else {
        throw entry.malformed(in: file, expected: "each name once", found: "it again")
      }
      names.append(entry.name)
      extents.append((entry.name, extent))
    }
    guard reader.remaining == 0 else {
      throw reader.malformed(
        "zip directory", expected: "its end after \(end.count) entries",
        found: "\(reader.remaining) more bytes")
    }
    extents.sort { $0.extent.lowerBound < $1.extent.lowerBound }
    for (before, after) in zip(extents, extents.dropFirst())
    where before.extent.upperBound > after.extent.lowerBound {
      throw reader.malformed(
        "zip entry \(quoted(after.name))",
        expected: "a start at or after \(before.extent.upperBound), where "
          + "\(quoted(before.name)) ends",
        found: "\(after.extent.lowerBound)")
    }
    self.names = names
    self.entries = entries
  }
}

/// The content of the end records: the directory's place and its number of entries.
private struct ZipEnd {
  private(set) var directory: Range<Int>
  private(set) var count: Int

  private static let size = 22
  private static let locatorSize = 20
  private static let longSize = 56

  init(_ file: MappedFile, _ writer: ZipDirectory.Writer) throws {
    guard let position = Self.position(in: file) else {
      throw CheckpointError.malformed(
        file: file.path, place: "file", expected: "a zip archive, as \(writer.call)",
        found: "no end record of one")
    }
    var reader = ByteReader(file, position + 4..<file.size, called: "the file")
    let disks = try (0..<2).map { _ in try reader.number(UInt16.self, "zip end record") }
    let counts = try (0..<2).map { _ in UInt64(try reader.number(UInt16.self, "zip end record")) }
    let size = UInt64(try reader.number(UInt32.self, "zip end record"))
    let start = UInt64(try reader.number(UInt32.self, "zip end record"))
    guard disks == [0, 0], counts[0] == counts[1] else {
      throw reader.malformed(
        "zip end record", expected: "an archive in one part",
        found: "one of several")
    }
    let short = [counts[0], size, start]
    guard let long = try Self.long(in: file, before: position) else {
      (directory, count) = try Self.checked(short, file, end: position)
      return
    }
    for (number, limit, value) in zip3(short, [0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], long.numbers)
    where number != limit && number != value {
      throw reader.malformed(
        "zip end record", expected: "the 64-bit record's \(value)", found: "\(number)")
    }
    (directory, count) = try Self.checked(long.numbers, file, end: long.position)
  }

  /// The start of the end record: the last place whose comment goes to the file's end.
  private static func position(in file: MappedFile) -> Int? {
    guard file.size >= size else { return nil }
    let last = file.size - size
    return (max(0, last - 0xFFFF)...last).reversed().first { start in
      file.signature(at: start) == 0x0605_4B50
        && Int(UInt16(littleEndian: file.load(UInt16.self, at: start + 20))) == last - start
    }
  }

  /// The 64-bit record's number of entries, size and offset of the directory, and its own place.
  private static func long(
    in file: MappedFile, before end: Int
  ) throws -> (numbers: [UInt64], position: Int)? {
    let locator = end - locatorSize
    guard locator >= 0, file.signature(at: locator) == 0x0706_4B50 else { return nil }
    func malformed(_ expected: String, _ found: String) -> CheckpointError {
      .malformed(
        file: file.path, place: "zip64 end record", expected: expected, found: found)
    }
    let offset = UInt64(littleEndian: file.load(UInt64.self, at: locator + 8))
    // The record ends where its locator starts; its data for extensions is nothing that torch
    // writes.
    let position = locator - longSize
    guard position >= 0, offset == UInt64(position), file.signature(at: position) == 0x0606_4B50
    else { throw malformed("it at \(position)", "\(offset) as its place") }
    var reader = ByteReader(file, position + 4..<locator, called: "the record")
    let size = try reader.number(UInt64.self, "zip64 end record")
    _ = try reader.number(UInt32.self, "zip64 end record")
    let disks = try (0..<2).map { _ in try reader.number(UInt32.self, "zip64 end record") }
    let numbers = try (0..<4).map { _ in try reader.number(UInt64.self, "zip64 end record") }
    guard size == UInt64(longSize - 12), disks == [0, 0], numbers[0] == numbers[1] else {
      throw malformed("an archive in one part", "something else")
    }
    return (Array(numbers.dropFirst()), position)
  }

  private static func checked(
    _ numbers: [UInt64], _ file: MappedFile, end: Int
  ) throws -> (Range<Int>, Int) {
    let (start, overflow) = numbers[2].addingReportingOverflow(numbers[1])
    guard !overflow, start == UInt64(end), numbers[0] <= UInt64(end) else {
      throw CheckpointError.malformed(
        file: file.path, place: "zip end record",
        expected: "a directory of \(numbers[0]) entries that ends at \(end)",
        found: "\(numbers[1]) bytes at \(numbers[2])")
    }
    return (Int(numbers[2])..<end, Int(numbers[0]))
  }
}

/// An entry of the central directory.
private struct ZipEntry {
  static let headerSize = 46
  private static let localSize = 30

  let name: String
  private let flags: UInt16
  private let size: Int
  private let localHeader: UInt64

  func malformed(in file: MappedFile, expected: String, found: String) -> CheckpointError {
    .malformed(
      file: file.path, place: "zip entry \(quoted(name))", expected: expected, found: found)
  }

  /// Reads the header of an entry whose data is stored as it is.
  init(
    reading reader: inout ByteReader, number: Int, _ writer: ZipDirectory.Writer
  ) throws {
    let place = "zip entry \(number)"
    let file = reader.file
    let start = try reader.take(UInt64(Self.headerSize), place).lowerBound
    guard file.signature(at: start) == 0x0201_4B50 else {
      throw reader.malformed(place, expected: "its header", found: "other bytes")
    }
    func short(_ offset: Int) -> UInt16 {
      UInt16(littleEndian: file.load(UInt16.self, at: start + offset))
    }
    func long(_ offset: Int) -> UInt64 { UInt64(file.signature(at: start + offset)) }
    let nameRange = try reader.take(UInt64(short(28)), place)
    guard let name = file.text(nameRange) else {
      throw reader.malformed(place, expected: "a name in UTF-8", found: "other bytes")
    }
    self.name = name
    flags = short(8)
    let extra = try reader.take(UInt64(short(30)), place)
    _ = try reader.take(UInt64(short(32)), place)
    // In the order in which the extra field has the numbers that don't fit.
    var numbers = [long(24), long(20), long(42)]
    try Self.fill(&numbers, from: extra, in: file, place: "zip entry \(quoted(name))")
    localHeader = numbers[2]
    size = Int(clamping: numbers[0])
    guard short(10) == 0, flags & 1 == 0 else {
      throw malformed(
        in: file, expected: "data stored as it is, as \(writer.name) writes it",
        found: flags & 1 != 0
          ? "encrypted data" : short(10) == 8 ? "deflated data" : "method \(short(10))")
    }
    guard numbers[0] == numbers[1], short(34) == 0 else {
      throw malformed(
        in: file, expected: "\(numbers[0]) bytes stored for as many bytes of data",
        found: "\(numbers[1])")
    }
  }

  /// Replaces the numbers that are all ones by the numbers of the extra field 1.
  private static func fill(
    _ numbers: inout [UInt64], from extra: Range<Int>, in file: MappedFile, place: String
  ) throws {
    guard numbers.contains(0xFFFF_FFFF) else { return }
    var reader = ByteReader(file, extra, called: "the extra fields")
    while reader.remaining > 0 {
      let kind = try reader.number(UInt16.self, place)
      let field = try reader.take(UInt64(try reader.number(UInt16.self, place)), place)
      guard kind == 1 else { continue }
      var values = ByteReader(file, field, called: "the zip64 field")
      for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
        numbers[index] = try values.number(UInt64.self, place)
      }
      return
    }
    throw reader.malformed(place, expected: "a zip64 field with its sizes", found: "none")
  }

  /// The bytes of the local header with the data, and of the data; the local header must agree.
  func place(in file: MappedFile, before limit: Int) throws -> (
    extent: Range<Int>, data: Range<Int>
  ) {
    guard localHeader <= UInt64(limit), limit - Int(localHeader) >= Self.localSize else {
      throw malformed(
        in: file, expected: "a header within the \(limit) bytes before the directory",
        found: "\(localHeader) as its place")
    }
    let start = Int(localHeader)
    func short(_ offset: Int) -> UInt16 {
      UInt16(littleEndian: file.load(UInt16.self, at: start + offset))
    }
    let nameStart = start + Self.localSize
    let nameEnd = nameStart + Int(short(26))
    let dataStart = nameEnd + Int(short(28))
    guard file.signature(at: start) == 0x0403_4B50, short(6) == flags, short(8) == 0,
      nameEnd <= limit, file.text(nameStart..<nameEnd) == name
    else {
      throw malformed(
        in: file, expected: "its header at \(start)", found: "another or none")
    }
    guard dataStart <= limit, size <= limit - dataStart else {
      throw malformed(
        in: file, expected: "data within the \(limit) bytes before the directory",
        found: "\(size) bytes at \(dataStart)")
    }
    for offset in [18, 22] {
      let local = file.signature(at: start + offset)
      // A data descriptor after the data has the size, or a zip64 field.
      let isElsewhere = local == 0xFFFF_FFFF || (local == 0 && flags & 8 != 0)
      guard isElsewhere || Int(local) == size else {
        throw malformed(
          in: file, expected: "the directory's size \(size) in its header", found: "\(local)")
      }
    }
    return (start..<dataStart + size, dataStart..<dataStart + size)
  }
}

extension MappedFile {
  /// Four bytes as a number.
  fileprivate func signature(at offset: Int) -> UInt32 {
    UInt32(littleEndian: load(UInt32.self, at: offset))
  }

  /// Bytes as text; nil unless they are UTF-8.
  func text(_ range: Range<Int>) -> String? {
    withBytes { String(validating: $0[range], as: UTF8.self) }
  }
}

/// The elements of three arrays of one length, side by side.
private func zip3<A, B, C>(_ a: [A], _ b: [B], _ c: [C]) -> [(A, B, C)] {
  zip(a, zip(b, c)).map { ($0, $1.0, $1.1) }
}
