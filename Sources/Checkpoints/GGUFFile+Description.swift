import InterchangeBasics

/// The fixed-size start of a GGUF file: parts 1 to 3 of ``GGUFFile``'s list.
struct GGUFHeader {
  let version: Int
  let tensorCount: UInt64
  let metadataCount: UInt64

  init(reading reader: inout ByteReader) throws {
    let magic = try reader.number(UInt32.self, "magic")
    guard magic == 0x4655_4747 else {
      let bytes = (0..<4).map { String(magic >> ($0 * 8) & 255, radix: 16) }
      throw reader.malformed(
        "magic", expected: "\"GGUF\"", found: "bytes \(bytes.joined(separator: " ")) (hexadecimal)")
    }
    let version = try reader.number(UInt32.self, "version")
    guard version == 2 || version == 3 else {
      let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
      throw reader.malformed(
        "version", expected: "2 or 3, little-endian",
        found: isSwapped ? "\(version.byteSwapped), big-endian" : "\(version)")
    }
    self.version = Int(version)
    tensorCount = try reader.number(UInt64.self, "number of tensors")
    metadataCount = try reader.number(UInt64.self, "number of metadata entries")
    // The least that one of them takes: a description of a tensor without axes, a one-byte value.
    try reader.check(tensorCount, fits: 24, "number of tensors")
    try reader.check(metadataCount, fits: 13, "number of metadata entries")
  }
}

extension ByteReader {
  /// Names longer than this are damage.
  private static var longestName: Int { 65_535 }
  /// Arrays nested deeper than this are an attack on the stack.
  private static var deepestArray: Int { 8 }

  /// Checks that a count of things, each of at least `size` bytes, can be true, before anything is
  /// allocated for them.
  fileprivate func check(
    _ count: UInt64, fits size: Int, _ place: @autoclosure () -> String
  ) throws {
    guard count <= UInt64(remaining / size) else {
      throw malformed(
        place(), expected: "at most \(remaining / size), which fit the file", found: "\(count)")
    }
  }

  private mutating func name(_ place: @autoclosure () -> String) throws -> String {
    let name = try string(place())
    guard !name.isEmpty, name.utf8.count <= Self.longestName else {
      throw malformed(
        place(), expected: "1 to \(Self.longestName) bytes", found: "\(name.utf8.count)")
    }
    return name
  }

  /// Reads the metadata entries.
  mutating func metadata(
    count: UInt64
  ) throws -> (keys: [String], values: [String: MetadataValue]) {
    var keys: [String] = []
    var values: [String: MetadataValue] = [:]
    for index in 0..<count {
      let key = try name("key of metadata entry \(index)")
      let type = try metadataType("key \(quoted(key)): type")
      let value = try metadataValue(type, "key \(quoted(key))")
      guard values.updateValue(value, forKey: key) == nil else {
        throw malformed("key \(quoted(key))", expected: "each key once", found: "it twice")
      }
      keys.append(key)
    }
    return (keys, values)
  }

  private mutating func metadataType(_ place: @autoclosure () -> String) throws -> MetadataType {
    let number = try number(UInt32.self, place())
    guard let type = MetadataType(rawValue: number) else {
      throw malformed(place(), expected: "0 to 12", found: "\(number)")
    }
    return type
  }

  private mutating func metadataValue(
    _ type: MetadataType, _ place: @autoclosure () -> String
  ) throws -> MetadataValue {
    if type == .string { return .string(try string(place())) }
    guard let size = type.size else { return .array(try metadataArray(place(), depth: 1)) }
    let range = try take(1, of: size, place())
    if type == .boolean { try checkBooleans(in: range, place()) }
    return file.metadataNumber(type, at: range.lowerBound)
  }

  private func checkBooleans(in range: Range<Int>, _ place: @autoclosure () -> String) throws {
    let wrong = file.withBytes { $0[range].first { $0 > 1 } }
    guard let wrong else { return }
    throw malformed(place(), expected: "a boolean, 0 or 1", found: "\(wrong)")
  }

  private mutating func metadataArray(
    _ place: @autoclosure () -> String, depth: Int
  ) throws -> MetadataArray {
    guard depth <= Self.deepestArray else {
      throw malformed(
        place(), expected: "arrays nested at most \(Self.deepestArray) deep", found: "deeper ones")
    }
    let elementType = try metadataType("\(place()): type of elements")
    let count = try number(UInt64.self, "\(place()): number of elements")
    let content: MetadataArray.Content
    if let size = elementType.size {
      let range = try take(count, of: size, place())
      if elementType == .boolean { try checkBooleans(in: range, place()) }
      content = .numbers(offset: range.lowerBound)
    } else if elementType == .string {
      try check(count, fits: 8, "\(place()): number of elements")
      content = .strings(offsets: try stringOffsets(Int(count), place()))
    } else {
      try check(count, fits: 12, "\(place()): number of elements")
      content = .arrays(
        try (0..<count).map { try metadataArray("\(place())[\($0)]", depth: depth + 1) })
    }
    return MetadataArray(elementType: elementType, count: Int(count), content: content, file: file)
  }

  /// Passes over strings and returns where each starts, and the end of the last.
  ///
  /// Vocabularies have hundreds of thousands: the loop reads the map directly.
  private mutating func stringOffsets(
    _ count: Int, _ place: @autoclosure () -> String
  ) throws -> [Int] {
    var offsets: [Int] = []
    offsets.reserveCapacity(count + 1)
    var next = position
    file.withBytes { bytes in
      while offsets.count < count, bytes.count - next >= 8 {
        let length = UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: next, as: UInt64.self))
        guard length <= UInt64(bytes.count - next - 8) else { break }
        offsets.append(next)
        next += 8 + Int(length)
      }
    }
    _ = try take(UInt64(next - position), place())
    let found = offsets.count
    guard found == count else {
      // The string that doesn't fit gives its own error.
      let element = "\(place())[\(found)]"
      _ = try take(number(UInt64.self, element), element)
      throw malformed(element, expected: "\(count) strings", found: "\(found)")
    }
    return offsets + [next]
  }

  /// The alignment that the metadata states, or the format's.
  func alignment(in metadata: [String: MetadataValue]) throws -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard case .uint32(let alignment) = value, alignment.nonzeroBitCount == 1 else {
      var found = value.typeDescription
      if case .uint32(let alignment) = value { found = "\(alignment)" }
      throw malformed(
        "key \"general.alignment\"", expected: "a power of two as uint32", found: found)
    }
    return Int(alignment)
  }

  /// Reads the descriptions of the tensors.
  mutating func tensorDescriptions(count: UInt64) throws -> [GGUFTensorDescription] {
    var descriptions: [GGUFTensorDescription] = []
    descriptions.reserveCapacity(Int(count))
    var names: Set<String> = []
    for index in 0..<count {
      let name = try name("name of tensor \(index)")
      guard names.insert(name).inserted else {
        throw malformed("tensor \(quoted(name))", expected: "each name once", found: "it twice")
      }
      descriptions.append(try tensorDescription(name))
    }
    return descriptions
  }

  private mutating func tensorDescription(_ name: String) throws -> GGUFTensorDescription {
    let axes = try number(UInt32.self, "tensor \(quoted(name)): number of axes")
    guard axes <= 4 else {
      throw malformed(
        "tensor \(quoted(name)): number of axes", expected: "at most 4", found: "\(axes)")
    }
    var shape: [Int] = []
    for _ in 0..<axes {
      let length = try number(UInt64.self, "tensor \(quoted(name)): shape")
      guard let length = Int(exactly: length) else {
        throw malformed(
          "tensor \(quoted(name)): shape", expected: "lengths below 2^63", found: "\(length)")
      }
      shape.insert(length, at: 0)
    }
    return GGUFTensorDescription(
      name: name, shape: shape, typeNumber: try number(UInt32.self, "tensor \(quoted(name)): type"),
      offset: try number(UInt64.self, "tensor \(quoted(name)): offset"))
  }
}

/// A GGUF file's description of a tensor, unchecked against the file's size.
struct GGUFTensorDescription {
  let name: String
  /// Outermost first.
  let shape: [Int]
  let typeNumber: UInt32
  /// From the start of the tensors' bytes.
  let offset: UInt64
}
