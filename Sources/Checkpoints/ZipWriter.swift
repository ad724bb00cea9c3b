import InterchangeBasics

/// Writes zip archives as torch does: each entry's data stored as it is, from a multiple of 64;
/// ``ZipDirectory`` has the format.
struct ZipWriter {
  private static let alignment = 64
  /// The field in which torch, too, has its padding.
  private static let padding = UInt16(0x4246)
  /// Names are in UTF-8.
  private static let flags = UInt16(0x0800)
  private static let version = UInt16(20)

  private let write: (UnsafeRawBufferPointer) throws -> Void
  private let path: String
  private var position = 0
  private var directory = LittleEndianBytes()
  private var count = 0

  /// - Parameter write: appends bytes to the file
  init(path: String, _ write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    (self.path, self.write) = (path, write)
  }

  /// Adds an entry.
  ///
  /// - Throws: ``CheckpointError`` when the archive would be larger than the format's 32 bits tell.
  mutating func add(_ name: String, _ data: UnsafeRawBufferPointer) throws {
    let name = Array(name.utf8)
    // The header, the name and the field's own header come before the padding.
    let start = position + 30 + name.count + 4
    let pad = (Self.alignment - start % Self.alignment) % Self.alignment
    try requireSpace(start + pad + data.count)
    var common = LittleEndianBytes()
    common.append(Self.version)
    common.append(Self.flags)
    common.append(UInt16(0))  // stored
    common.append(UInt32(0))  // no time
    common.append(CyclicRedundancyCheck.value(of: data))
    common.append(UInt32(data.count))
    common.append(UInt32(data.count))
    common.append(UInt16(name.count))

    var local = LittleEndianBytes("PK\u{3}\u{4}")
    local.bytes += common.bytes
    local.append(UInt16(4 + pad))
    local.bytes += name
    local.append(Self.padding)
    local.append(UInt16(pad))
    local.bytes += Array(repeating: UInt8(ascii: "Z"), count: pad)

    directory.bytes += Array("PK\u{1}\u{2}".utf8)
    directory.append(Self.version)
    directory.bytes += common.bytes
    directory.append(UInt16(0))  // no extra fields
    directory.append(UInt16(0))  // no comment
    directory.append(UInt16(0))  // the only disk
    directory.append(UInt16(0))
    directory.append(UInt32(0))
    directory.append(UInt32(position))
    directory.bytes += name

    try local.bytes.withUnsafeBytes { try write($0) }
    try write(data)
    position = start + pad + data.count
    count += 1
  }

  /// Adds an entry of few bytes.
  mutating func add(_ name: String, _ data: [UInt8]) throws {
    try data.withUnsafeBytes { try add(name, $0) }
  }

  /// Writes the directory and the end.
  mutating func finish() throws {
    try requireSpace(position + directory.bytes.count + 22)
    var end = LittleEndianBytes("PK\u{5}\u{6}")
    end.append(UInt32(0))
    end.append(UInt16(count))
    end.append(UInt16(count))
    end.append(UInt32(directory.bytes.count))
    end.append(UInt32(position))
    end.append(UInt16(0))
    try (directory.bytes + end.bytes).withUnsafeBytes { try write($0) }
  }

  private func requireSpace(_ size: Int) throws {
    guard size < Int(UInt32.max), count < Int(UInt16.max) else {
      throw CheckpointError.malformed(
        file: path, place: "archive", expected: "less than 4 GiB", found: "\(size) bytes")
    }
  }
}

/// Bytes that numbers are appended to, the lowest byte first.
struct LittleEndianBytes {
  var bytes: [UInt8] = []

  init(_ text: String = "") { bytes = Array(text.utf8) }

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }
}

/// CRC-32, the checksum of zip archives (ISO 3309, reflected 0x04C11DB7).
enum CyclicRedundancyCheck {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1
    }
  }

  static func value(of bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      ~bytes.reduce(~UInt32(0)) { value, byte in
        table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8)
      }
    }
  }
}
