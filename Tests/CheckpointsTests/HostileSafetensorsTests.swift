import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct HostileSafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a file of these bytes and uses all that it has; the error line without the file's path.
  private func fault(_ bytes: some Sequence<UInt8>) throws -> String? {
    let url = try folder.file("x.safetensors", bytes)
    let found = line {
      let file = try SafetensorsFile(contentsOf: url)
      for name in file.names { _ = try file.tensor(named: name).floats().elements.reduce(0, +) }
    }
    guard let found else { return nil }
    #expect(found.hasPrefix("\(url.path()): "))
    #expect(!found.contains("\n"))
    return String(found.dropFirst(url.path().count + 2))
  }

  private func fault(header: String, data: Int) throws -> String? {
    try fault(
      littleEndian(UInt64(header.utf8.count)) + Array(header.utf8)
        + Array(repeating: 0, count: data))
  }

  /// The error line for one tensor over 16 bytes.
  private func fault(type: String = "\"F32\"", shape: String = "[4]", offsets: String = "[0,16]")
    throws -> String?
  {
    try fault(
      header: "{\"t\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(offsets)}}", data: 16
    )
  }

  @Test func everyTruncationThrows() throws {
    let bytes = try Fixture.bytes("single.safetensors")
    for count in 0..<bytes.count {
      #expect(try fault(bytes.prefix(count)) != nil, "\(count) bytes")
    }
    #expect(try fault(bytes) == nil)
    #expect(
      try fault(bytes + [0])?.hasPrefix("data: expected tensors to the end of the file") == true)
  }

  @Test(arguments: [0xFF, 0x01] as [UInt8])
  func noFlippedByteOfTheHeaderCrashes(mask: UInt8) throws {
    let bytes = try Fixture.bytes("single.safetensors")
    let length = Int(bytes[0]) + Int(bytes[1]) << 8
    var refused = 0
    for offset in 0..<8 + length {
      if try fault(bytes.replacing(at: offset, with: [bytes[offset] ^ mask])) != nil {
        refused += 1
      }
    }
    // Names, the metadata's text and the padding are free to change.
    #expect(refused > length / 2)
  }

  @Test func headerLength() throws {
    #expect(
      try fault([1, 2, 3])
        == "header length: expected 1 × 8 bytes, found 3 bytes to the end of the file")
    #expect(
      try fault(littleEndian(UInt64.max) + [0, 0, 0])
        == "header length: expected 2 to 3 bytes, found 18446744073709551615")
    #expect(
      try fault(littleEndian(UInt64(0)))
        == "header length: expected 2 to 0 bytes, found 0")
    #expect(try fault(header: "{}", data: 0) == nil)
    #expect(try fault(header: "{}   ", data: 0) == nil)
  }

  @Test func headersThatAreNone() throws {
    for header in [
      "[]", "xx", "{\"a\":", "{\"a\":1}", String(repeating: "[", count: 100_000), "{}}",
    ] {
      #expect(
        try fault(header: header, data: 0)?.hasPrefix("header: ") == true, "\(header.prefix(9))")
    }
    #expect(
      try fault(header: "{\"__metadata__\":{\"a\":1}}", data: 0)
        == "header: \"__metadata__.a\": expected a string, found number")
    #expect(
      try fault(header: "{\"t\":{\"dtype\":\"F32\"}}", data: 0)
        == "header: \"t\": expected a field \"shape\", found none")
  }

  @Test func wrongTensors() throws {
    #expect(try fault() == nil)
    #expect(
      try fault(type: "\"C64\"")
        == "tensor \"t\": dtype: expected one of F32, F16, BF16, F64, F8_E4M3, F8_E5M2, F8_E8M0, "
        + "I8, I16, I32, I64, U8, U16, U32, U64, BOOL, found \"C64\"")
    #expect(try fault(type: "\"Q4_0\"", shape: "[32]", offsets: "[0,18]") != nil)
    #expect(try fault(type: "7") == "header: \"t.dtype\": expected a string, found number")
    #expect(
      try fault(shape: "[5]")
        == "tensor \"t\": data_offsets: expected 20 bytes, which F32 [5] takes, found 16")
    #expect(
      try fault(shape: "[-4]")
        == "tensor \"t\": data_offsets: expected an impossible number of bytes, which F32 [-4] "
        + "takes, found 16")
    #expect(try fault(shape: "[-2,-2]") != nil)
    #expect(try fault(shape: "[4294967296,4294967296]") != nil)
    #expect(try fault(shape: "[4611686018427387908]") != nil)
    #expect(try fault(shape: "[1e30]") != nil)
    #expect(try fault(shape: "[4.5]") != nil)
    #expect(
      try fault(offsets: "[16,0]")
        == "tensor \"t\": data_offsets: expected [begin, end] in order, found [16, 0]")
    #expect(try fault(offsets: "[-16,0]") != nil)
    #expect(try fault(offsets: "[0]") != nil)
    #expect(try fault(offsets: "[0,16,32]") != nil)
    #expect(
      try fault(offsets: "[4,20]")
        == "tensor \"t\": data_offsets: expected begin 0, where the tensor before it ends, found 4")
    #expect(
      try fault(shape: "[5]", offsets: "[0,20]")
        == "tensor \"t\": data_offsets: expected an end within 16 bytes of data, found 20")
  }

  @Test func overlapsHolesAndDuplicates() throws {
    func two(_ a: String, _ b: String, names: (String, String) = ("a", "b")) throws -> String? {
      let entry = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":"
      return try fault(
        header: "{\"\(names.0)\":{\(entry)\(a)},\"\(names.1)\":{\(entry)\(b)}}", data: 16)
    }
    #expect(try two("[8,16]", "[0,8]") == nil)
    #expect(
      try two("[0,8]", "[4,12]")?.contains("begin 8, where the tensor before it ends") == true)
    #expect(try two("[0,8]", "[0,8]") != nil)
    #expect(try two("[0,8]", "[12,20]") != nil)
    // The second of two equal names hides the first, whose bytes then belong to nobody.
    #expect(try two("[0,8]", "[8,16]", names: ("a", "a")) != nil)
    let empty = "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}"
    #expect(try fault(header: empty, data: 16) != nil)
  }
}
