import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// A GGUF file that is put together from parts, true or not.
private struct GGUFBytes {
  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  var tensorCount: UInt64?
  var metadataCount: UInt64?
  var metadata: [[UInt8]] = []
  var tensors: [[UInt8]] = []
  var dataSize = 64

  static func string(_ text: String) -> [UInt8] {
    littleEndian(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  static func entry(_ key: String, type: UInt32, _ value: [UInt8]) -> [UInt8] {
    string(key) + littleEndian(type) + value
  }

  static func tensor(
    _ name: String, _ lengths: [UInt64], type: UInt32 = 0, offset: UInt64 = 0
  ) -> [UInt8] {
    string(name) + littleEndian(UInt32(lengths.count)) + lengths.flatMap { littleEndian($0) }
      + littleEndian(type) + littleEndian(offset)
  }

  var bytes: [UInt8] {
    var bytes = magic + littleEndian(version)
    bytes += littleEndian(tensorCount ?? UInt64(tensors.count))
    bytes += littleEndian(metadataCount ?? UInt64(metadata.count))
    bytes += metadata.joined()
    bytes += tensors.joined()
    bytes += Array(repeating: 0, count: -bytes.count & 31)
    return bytes + Array(repeating: 0, count: dataSize)
  }
}

@Suite struct HostileGGUFTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a file of these bytes and uses all that it has.
  private func use(_ bytes: some Sequence<UInt8>) throws {
    let file = try GGUFFile(contentsOf: try folder.file("x.gguf", bytes))
    for value in file.metadata.values { _ = value == value }
    for name in file.names {
      if let tensor = try? file.tensor(named: name) {
        _ = tensor.floats().elements.reduce(0, +)
        _ = tensor.floats(rows: tensor.rows / 2..<tensor.rows)
      }
    }
  }

  /// The error line for these bytes without the file's path; nil when there is no error.
  private func fault(_ bytes: some Sequence<UInt8>) throws -> String? {
    let path = folder.url.appending(component: "x.gguf").path()
    let found = line { try use(bytes) }
    guard let found else { return nil }
    #expect(found.hasPrefix("\(path): "))
    #expect(!found.contains("\n"))
    return String(found.dropFirst(path.count + 2))
  }

  @Test(arguments: ["all-types.gguf", "version-2.gguf"])
  func everyTruncationThrows(name: String) throws {
    let bytes = try Fixture.bytes(name)
    let file = try GGUFFile(contentsOf: Fixture.url(name))
    // The bytes after the last tensor's are padding, and a file without them is whole.
    let end = try #require(
      file.names.compactMap { try? file.tensor(named: $0).byteRange.upperBound }.max())
    let steps = name == "all-types.gguf" ? 64 : 1
    for count in stride(from: 0, to: bytes.count, by: steps) {
      #expect((try fault(bytes.prefix(count)) == nil) == (count >= end), "\(count) bytes")
    }
    #expect(try fault(bytes.prefix(end)) == nil)
    #expect(try fault(bytes.prefix(end - 1)) != nil)
  }

  @Test(arguments: [0xFF, 0x01] as [UInt8])
  func noFlippedByteOfTheDescriptionCrashes(mask: UInt8) throws {
    let bytes = try Fixture.bytes("all-types.gguf")
    let file = try GGUFFile(contentsOf: Fixture.url("all-types.gguf"))
    let dataStart = try file.tensor(named: file.names[0]).byteRange.lowerBound
    var refused = 0
    for offset in 0..<dataStart {
      if try fault(bytes.replacing(at: offset, with: [bytes[offset] ^ mask])) != nil {
        refused += 1
      }
    }
    // Names and values are free to change; counts, lengths, types, shapes and offsets aren't.
    #expect(refused > dataStart / 4)
    // Version 3 becomes 2 by one bit; they differ in nothing else.
    for offset in 0..<24 where mask != 1 || offset != 4 {
      #expect(try fault(bytes.replacing(at: offset, with: [bytes[offset] ^ mask])) != nil)
    }
  }

  @Test func wrongMagicAndVersion() throws {
    var file = GGUFBytes()
    #expect(try fault(file.bytes) == nil)
    file.magic = Array("GGML".utf8)
    #expect(
      try fault(file.bytes)
        == "magic: expected \"GGUF\", found bytes 47 47 4d 4c (hexadecimal)")
    file = GGUFBytes()
    for (version, found) in [(0, "0"), (1, "1"), (4, "4"), (0x0300_0000, "3, big-endian")] {
      file.version = UInt32(version)
      #expect(
        try fault(file.bytes) == "version: expected 2 or 3, little-endian, found \(found)")
    }
    #expect(try fault([]) == "magic: expected 1 × 4 bytes, found 0 bytes to the end of the file")
  }

  @Test func hugeCounts() throws {
    var file = GGUFBytes(tensorCount: .max)
    #expect(
      try fault(file.bytes)
        == "number of tensors: expected at most 3, which fit the file, found 18446744073709551615")
    file = GGUFBytes(metadataCount: 1 << 40)
    #expect(
      try fault(file.bytes)
        == "number of metadata entries: expected at most 5, which fit the file, found 1099511627776"
    )
    file = GGUFBytes(metadata: [
      GGUFBytes.entry("tokens", type: 9, littleEndian(UInt32(8)) + littleEndian(UInt64.max))
    ])
    #expect(
      try fault(file.bytes)
        == "key \"tokens\": number of elements: expected at most 9, which fit the file, "
        + "found 18446744073709551615")
    file = GGUFBytes(metadata: [
      GGUFBytes.entry("scores", type: 9, littleEndian(UInt32(6)) + littleEndian(UInt64.max / 2))
    ])
    #expect(
      try fault(file.bytes)
        == "key \"scores\": expected 9223372036854775807 × 4 bytes, "
        + "found 74 bytes to the end of the file")
    let strings = GGUFBytes.string("x") + littleEndian(UInt64.max)
    file = GGUFBytes(metadata: [
      GGUFBytes.entry(
        "tokens", type: 9, littleEndian(UInt32(8)) + littleEndian(UInt64(2)) + strings)
    ])
    #expect(
      try fault(file.bytes)?.hasPrefix(
        "key \"tokens\"[1]: expected 18446744073709551615 bytes, found ") == true)
    file = GGUFBytes(metadata: [littleEndian(UInt64.max - 7)])
    #expect(try fault(file.bytes)?.hasPrefix("key of metadata entry 0: expected 1844674") == true)
  }

  @Test func wrongMetadata() throws {
    let one = GGUFBytes.entry("a", type: 7, [1])
    var file = GGUFBytes(metadata: [one, one])
    #expect(try fault(file.bytes) == "key \"a\": expected each key once, found it twice")
    file.metadata = [GGUFBytes.entry("a", type: 7, [2])]
    #expect(try fault(file.bytes) == "key \"a\": expected a boolean, 0 or 1, found 2")
    file.metadata = [GGUFBytes.entry("a", type: 13, [2])]
    #expect(try fault(file.bytes) == "key \"a\": type: expected 0 to 12, found 13")
    file.metadata = [GGUFBytes.entry("", type: 7, [1])]
    #expect(
      try fault(file.bytes) == "key of metadata entry 0: expected 1 to 65535 bytes, found 0")
    file.metadata = [GGUFBytes.entry("a", type: 8, littleEndian(UInt64(2)) + [0xC3, 0x28])]
    #expect(try fault(file.bytes)?.hasPrefix("key \"a\": expected UTF-8 text, found other") == true)
    for alignment: UInt32 in [0, 3, 48] {
      file.metadata = [GGUFBytes.entry("general.alignment", type: 4, littleEndian(alignment))]
      #expect(
        try fault(file.bytes)
          == "key \"general.alignment\": expected a power of two as uint32, found \(alignment)")
    }
    file.metadata = [GGUFBytes.entry("general.alignment", type: 0, [32])]
    #expect(try fault(file.bytes)?.hasSuffix("a power of two as uint32, found uint8") == true)
  }

  @Test func deeplyNestedArrays() throws {
    let level = littleEndian(UInt32(9)) + littleEndian(UInt64(1))
    let innermost = littleEndian(UInt32(0)) + littleEndian(UInt64(1)) + [7]
    func nested(_ depth: Int) -> [UInt8] {
      let value = Array(repeating: level, count: depth - 1).joined() + innermost
      return GGUFBytes(metadata: [GGUFBytes.entry("a", type: 9, value)]).bytes
    }
    #expect(try fault(nested(8)) == nil)
    #expect(
      try fault(nested(9))?.hasSuffix("arrays nested at most 8 deep, found deeper ones") == true)
    #expect(try fault(nested(100_000)) != nil)
  }

  @Test func wrongShapes() throws {
    func shapeFault(_ lengths: [UInt64], type: UInt32 = 0) throws -> String? {
      try fault(GGUFBytes(tensors: [GGUFBytes.tensor("t", lengths, type: type)]).bytes)
    }
    #expect(try shapeFault([4, 4]) == nil)
    #expect(try shapeFault([]) == nil)
    #expect(try shapeFault([0, 4]) == nil)
    #expect(
      try shapeFault([4, 5])
        == "tensor \"t\": expected 80 bytes at 96 of the file, found 64 to its end")
    #expect(
      try shapeFault([1, 1, 1, 1, 1])
        == "tensor \"t\": number of axes: expected at most 4, found 5")
    #expect(
      try shapeFault([1 << 63])
        == "tensor \"t\": shape: expected lengths below 2^63, found 9223372036854775808")
    #expect(
      try shapeFault([1 << 32, 1 << 32])
        == "tensor \"t\": expected a shape that fits a file, found [4294967296, 4294967296]")
    // 2^62 float32 elements: the count fits 64 bits, the bytes don't.
    #expect(try shapeFault([1 << 62])?.contains("expected a shape that fits a file") == true)
    #expect(try shapeFault([1 << 62, 0])?.contains("expected a shape that fits a file") == true)
    #expect(try shapeFault([1 << 40, 1 << 40, 0]) != nil)
    // 2^32 blocks of 2^32: wraps round to a small number when it isn't watched.
    #expect(try shapeFault([1 << 37, 1 << 37], type: 2) != nil)
    #expect(
      try shapeFault([48], type: 2)
        == "tensor \"t\": expected rows of whole Q4_0 blocks of 32, found rows of 48")
    #expect(
      try shapeFault([128, 2], type: 14)
        == "tensor \"t\": expected rows of whole Q6_K blocks of 256, found rows of 128")
  }

  @Test func wrongOffsets() throws {
    func offsetFault(_ tensors: [UInt8]...) throws -> String? {
      try fault(GGUFBytes(tensors: tensors).bytes)
    }
    let first = GGUFBytes.tensor("a", [12])
    #expect(try offsetFault(first, GGUFBytes.tensor("b", [4], offset: 64)) != nil)
    #expect(
      try offsetFault(GGUFBytes.tensor("b", [4], offset: 48))
        == "tensor \"b\": expected an offset that is a multiple of 32, found 48")
    #expect(
      try offsetFault(GGUFBytes.tensor("b", [4], offset: 96))
        == "tensor \"b\": expected an offset within 64 bytes of data, found 96")
    #expect(try offsetFault(GGUFBytes.tensor("b", [4], offset: .max - 31)) != nil)
    #expect(
      try offsetFault(first, GGUFBytes.tensor("b", [4], offset: 32))
        == "tensor \"b\": expected bytes after those of \"a\", which end at 144, "
        + "found bytes from 128")
    #expect(try offsetFault(first, GGUFBytes.tensor("b", [4])) != nil)
    #expect(
      try offsetFault(first, first) == "tensor \"a\": expected each name once, found it twice")
    // A tensor of a type of unknown size still has to start outside the others.
    #expect(try offsetFault(first, GGUFBytes.tensor("b", [4], type: 99, offset: 32)) != nil)
    #expect(try offsetFault(GGUFBytes.tensor("b", [4], type: 99, offset: 32)) == nil)
  }

  @Test func namesFromTheFileStayOnOneLine() throws {
    let name = "a\n\u{1B}[31m\"" + String(repeating: "x", count: 1000)
    let found = try fault(GGUFBytes(tensors: [GGUFBytes.tensor(name, [1], offset: 1)]).bytes)
    #expect(found?.hasPrefix("tensor \"a\\n\\u{1B}[31m\\\"xxx") == true, "\(found ?? "-")")
    #expect((found?.count ?? .max) < 160)
  }
}
