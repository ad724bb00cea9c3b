import CInterchangePNGWriter
import Foundation
import InterchangeFigures
import Testing

@Suite struct PNGTests {
  /// A PNG file's chunks, read by the specification, each with its checked CRC.
  private func chunks(of data: Data) throws -> [(name: String, body: Data)] {
    let bytes = [UInt8](data)
    func number(_ at: Int) -> Int {
      bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    var position = 8
    var result: [(String, Data)] = []
    while position < bytes.count {
      let length = number(position)
      let end = position + 8 + length
      try #require(end + 4 <= bytes.count)
      #expect(Int(crc32(bytes[position + 4..<end])) == number(end))
      result.append(
        (
          String(decoding: bytes[position + 4..<position + 8], as: UTF8.self),
          Data(bytes[position + 8..<end])
        ))
      position = end + 4
    }
    return result
  }

  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  @Test func `Chunks are sound and say the size`() throws {
    let chart = sampleChart()
    let chunks = try chunks(of: chart.pngData(record: "{\"seed\": 0}"))
    #expect(chunks.first?.name == "IHDR" && chunks.last?.name == "IEND")
    // 8.9 × 6.4 cm at 300 dpi: 1051 × 756 pixels of 8-bit red, green, blue.
    #expect(chunks[0].body == Data([0, 0, 4, 27, 0, 0, 2, 244, 8, 2, 0, 0, 0]))
    let size = try #require(chunks.first { $0.name == "pHYs" }).body
    // 300 dpi are 11811 pixels in a meter.
    #expect(size == Data([0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1]))
    let record = try #require(chunks.first { $0.name == "iTXt" }).body
    #expect(record == Data("interchange\0\0\0\0\0{\"seed\": 0}".utf8))
  }

  // Python's zlib is a reader of its own; machines without python3 leave this out.
  @Test(.enabled(if: hasPython, "needs python3"))
  func `An independent reader sees the same pixels`() throws {
    try withTemporaryFolder { folder in
      var heatmap = sampleHeatmap(rows: 5, columns: 4)
      heatmap.resolution = 72
      let file = folder.appendingPathComponent("a.png")
      try heatmap.write(to: file, record: String(repeating: "record ", count: 500))
      let decoded = try run(
        "python3", ["-c", pythonDecoder, file.path], writing: folder.appendingPathComponent("out"))
      #expect(try [UInt8](decoded) == heatmap.rendered().bytes)
    }
  }

  @Test func `Records come back as they were`() throws {
    let records = [
      "{}", "", "{\"token\": \"␣ключи 钥匙 🔑\", \"tab\": \"\t\"}\n",
      String(repeating: "0.123456789, ", count: 100_000),
    ]
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.PNG")
      for record in records {
        try sampleChart().write(to: file, record: record)
        let found = try PNGRecord.read(from: file)
        #expect(found == record, "a record of \(record.utf8.count) bytes")
      }
    }
  }

  @Test func `A figure without a record has none`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.png")
      try sampleChart().write(to: file)
      #expect(try PNGRecord.read(from: file) == nil)
    }
  }

  @Test func `A record with a zero byte is refused`() {
    for format in [FigureFormat.png, .pdf] {
      let error = message { _ = try sampleChart().data(as: format, record: "a\0b") }
      #expect(error == "the record cannot be stored in the figure: it has a zero byte")
    }
  }

  @Test func `Damaged files throw one line that names them`() throws {
    try withTemporaryFolder { folder in
      var heatmap = sampleHeatmap(rows: 3, columns: 3)
      heatmap.resolution = 72
      let whole = try heatmap.pngData(record: "{\"seed\": 0}")
      let file = folder.appendingPathComponent("a.png")
      func error(_ data: Data) throws -> String? {
        try data.write(to: file)
        return message { _ = try PNGRecord.read(from: file) }
      }
      #expect(try error(whole) == nil)
      for length in stride(from: 0, to: whole.count, by: 97) {
        let found = try #require(try error(whole.prefix(length)))
        #expect(found.hasPrefix("\(file.path): cannot be read: ") && !found.contains("\n"))
      }
      for index in stride(from: 0, to: whole.count, by: 31) {
        var changed = whole
        changed[index] ^= 0x10
        #expect(try error(changed) != nil)
      }
      #expect(try error(Data("no figure".utf8)) == "\(file.path): cannot be read: not a PNG file")
    }
  }

  @Test func `Files that cannot be opened throw one line`() throws {
    let missing = URL(fileURLWithPath: "/nowhere/a.png")
    #expect(
      message { _ = try PNGRecord.read(from: missing) }
        == "/nowhere/a.png: cannot be read: no such file or directory")
    let folder = FileManager.default.temporaryDirectory
    #expect(
      message { _ = try PNGRecord.read(from: folder) }
        == "\(folder.path): cannot be read: not a regular file")
  }
}

@Suite struct CPNGWriterTests {
  private struct Outcome {
    var status: png_writer_status
    var message: String
    var bytes: [UInt8]
  }

  private func encode(
    width: Int = 2, channels: Int32 = 4, bytesPerRow: Int = 8, keyword: String = "key",
    kind: png_writer_text_kind = PNG_WRITER_ITXT
  ) -> Outcome {
    let pixels = [UInt8](repeating: 200, count: 64)
    var bytes: UnsafeMutablePointer<UInt8>?
    var length = 0
    var message = [CChar](repeating: 0, count: Int(PNG_WRITER_MESSAGE_LENGTH))
    let status = keyword.withCString { keyword in
      "value".withCString { value in
        pixels.withUnsafeBufferPointer { pixels in
          var image = png_writer_image(
            pixels: pixels.baseAddress, bytes_per_row: bytesPerRow, width: UInt32(width),
            height: 2, channels: channels, pixels_per_metre: 0)
          var text = png_writer_text(keyword: keyword, text: value, kind: kind)
          return png_writer_encode(&image, &text, 1, &bytes, &length, &message)
        }
      }
    }
    defer { png_writer_free(bytes) }
    let text = String(
      decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return Outcome(
      status: status, message: text,
      bytes: Array(UnsafeBufferPointer(start: bytes, count: length)))
  }

  @Test(arguments: [PNG_WRITER_ITXT, PNG_WRITER_ITXT_COMPRESSED, PNG_WRITER_ZTXT])
  func `Images of three and four channels and all texts are read back`(
    kind: png_writer_text_kind
  ) {
    for channels in [3, 4] as [Int32] {
      let outcome = encode(channels: channels, kind: kind)
      #expect(outcome.status == PNG_WRITER_OK && outcome.message.isEmpty)
      var contents = png_writer_contents()
      var message = [CChar](repeating: 0, count: Int(PNG_WRITER_MESSAGE_LENGTH))
      let status = png_writer_read(outcome.bytes, outcome.bytes.count, &contents, &message)
      defer { png_writer_free_contents(&contents) }
      #expect(status == PNG_WRITER_OK)
      #expect(contents.width == 2 && contents.height == 2 && contents.text_count == 1)
      #expect(contents.texts.map { String(cString: $0[0].keyword) } == "key")
      #expect(contents.texts.map { String(cString: $0[0].text) } == "value")
      #expect(contents.texts.map { $0[0].length } == 5)
    }
  }

  @Test func `Bad arguments give a code and a message`() {
    let cases: [(Outcome, String)] = [
      (encode(channels: 2), "channels must be 3 or 4"),
      (encode(width: 0), "the image has no pixels"),
      (encode(width: 1 << 30), "the image is too large"),
      (encode(bytesPerRow: 7), "the bytes of a row are fewer than its pixels need"),
      (encode(keyword: ""), "a text's keyword must have 1 to 79 bytes"),
      (
        encode(keyword: String(repeating: "k", count: 80)),
        "a text's keyword must have 1 to 79 bytes"
      ),
    ]
    for (outcome, expected) in cases {
      #expect(outcome.status == PNG_WRITER_BAD_ARGUMENT)
      #expect(outcome.message == expected && outcome.bytes.isEmpty)
    }
  }

  @Test func `An error inside libpng comes back as a code and a message`() {
    // libpng itself finds nothing printable in the keyword and jumps out of the encoder.
    let outcome = encode(keyword: "\u{1}\u{2}")
    #expect(outcome.status == PNG_WRITER_ENCODING)
    #expect(!outcome.message.isEmpty && outcome.bytes.isEmpty)
  }
}

private let hasPython = (try? run("python3", ["-c", "import zlib"])) != nil

/// Runs a program and gives what it wrote to standard output, by way of a file when one is named.
@discardableResult
private func run(_ program: String, _ arguments: [String], writing file: URL? = nil) throws -> Data
{
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  if let file { try Data().write(to: file) }
  process.standardOutput = try file.map(FileHandle.init(forWritingTo:)) ?? FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
  return try file.map { try Data(contentsOf: $0) } ?? Data()
}

/// Undoes PNG's filters for eight-bit RGB, from the specification.
private let pythonDecoder = """
  import struct, sys, zlib
  data = open(sys.argv[1], "rb").read()
  at, packed = 8, b""
  while at < len(data):
      length, name = struct.unpack(">I4s", data[at:at + 8])
      body = data[at + 8:at + 8 + length]
      assert zlib.crc32(name + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
      if name == b"IHDR": width, height = struct.unpack(">II", body[:8])
      if name == b"IDAT": packed += body
      at += 12 + length
  raw, n, out = zlib.decompress(packed), width * 3, b""
  above = bytearray(n)
  for y in range(height):
      kind, row = raw[y * (n + 1)], bytearray(raw[y * (n + 1) + 1:(y + 1) * (n + 1)])
      for i in range(n):
          a, b, c = (row[i - 3] if i > 2 else 0), above[i], (above[i - 3] if i > 2 else 0)
          p = a + b - c
          paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
          row[i] = (row[i] + [0, a, b, (a + b) // 2, paeth][kind]) & 255
      out += row
      above = row
  sys.stdout.buffer.write(out)
  """
