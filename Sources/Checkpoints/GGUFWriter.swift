import Foundation
import InterchangeBasics
import InterchangeTensors

/// Writes GGUF files, version 3; ``GGUFFile`` has the format.
public enum GGUF {
  /// A value of the metadata to write. (``MetadataValue`` is one that was read: its arrays live in
  /// a file.)
  public enum Value: Sendable, Equatable {
    /// A whole number without a sign.
    case uint32(UInt32)
    /// A whole number with a sign.
    case int32(Int32)
    /// A number in single precision.
    case float32(Float)
    /// A truth value.
    case boolean(Bool)
    /// A text.
    case string(String)
    /// An array of texts.
    case strings([String])
  }

  /// The multiple at which tensors and their offsets start, which is that of files that state none.
  private static let alignment = 32
  /// The greatest length of a tensor's name in bytes that the reference implementation reads.
  private static let longestTensorName = 63
  private static let longestKey = 65_535

  /// Writes metadata and tensors, as float32, in this order.
  ///
  /// The same input gives the same bytes, which are those that the `gguf` package of Python writes
  /// for it. The file appears under its name only when all of it is on the disk.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be written, and when a key or a name is used
  ///   twice, is empty or too long, a tensor has more than four axes or a key is
  ///   `general.alignment`, which is always 32.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: Value)],
    to url: URL
  ) throws {
    let path = url.path(percentEncoded: false)
    let description = try description(tensors, metadata, path: path)
    try CheckpointError.writing(to: path) { write in
      try description.withUnsafeBytes { try write($0) }
      for (_, tensor) in tensors {
        try tensor.withElements { try write(UnsafeRawBufferPointer($0)) }
        let padding = [UInt8](repeating: 0, count: padding(after: size(of: tensor)))
        try padding.withUnsafeBytes { try write($0) }
      }
    }
  }

  private static func padding(after size: Int) -> Int { (alignment - size % alignment) % alignment }

  private static func size(of tensor: Tensor) -> Int { tensor.count * MemoryLayout<Float>.size }

  /// All bytes before the tensors'.
  private static func description(
    _ tensors: [(name: String, tensor: Tensor)], _ metadata: [(key: String, value: Value)],
    path: String
  ) throws -> [UInt8] {
    try check(
      metadata.map(\.key), kind: "key", longest: longestKey, reserved: "general.alignment", path)
    try check(tensors.map(\.name), kind: "tensor", longest: longestTensorName, reserved: nil, path)
    var bytes = GGUFBytes()
    bytes.bytes += Array("GGUF".utf8)
    bytes.append(UInt32(3))
    bytes.append(UInt64(tensors.count))
    bytes.append(UInt64(metadata.count))
    for (key, value) in metadata {
      bytes.append(key)
      bytes.append(value)
    }
    var offset = 0
    for (name, tensor) in tensors {
      guard tensor.shape.count <= 4 else {
        throw CheckpointError.malformed(
          file: path, place: "tensor \(quoted(name))", expected: "at most 4 axes",
          found: "\(tensor.shape.count)")
      }
      bytes.append(name)
      bytes.append(UInt32(tensor.shape.count))
      for length in tensor.shape.reversed() { bytes.append(UInt64(length)) }
      bytes.append(UInt32(0))  // float32
      bytes.append(UInt64(offset))
      offset += size(of: tensor) + padding(after: size(of: tensor))
    }
    return bytes.bytes + [UInt8](repeating: 0, count: padding(after: bytes.bytes.count))
  }

  private static func check(
    _ names: [String], kind: String, longest: Int, reserved: String?, _ path: String
  ) throws {
    var seen: Set<String> = []
    for name in names {
      func wrong(_ expected: String, _ found: String) -> CheckpointError {
        .malformed(file: path, place: "\(kind) \(quoted(name))", expected: expected, found: found)
      }
      guard (1...longest).contains(name.utf8.count) else {
        throw wrong("1 to \(longest) bytes", "\(name.utf8.count)")
      }
      guard name != reserved else {
        throw wrong("no such \(kind), as it is always \(alignment)", "it")
      }
      guard seen.insert(name).inserted else { throw wrong("each name once", "it again") }
    }
  }
}

/// The description of a GGUF file as it grows.
private struct GGUFBytes {
  var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func append(_ type: MetadataType) { append(type.rawValue) }

  /// The type and the value.
  mutating func append(_ value: GGUF.Value) {
    switch value {
    case .uint32(let number):
      append(MetadataType.uint32)
      append(number)
    case .int32(let number):
      append(MetadataType.int32)
      append(number)
    case .float32(let number):
      append(MetadataType.float32)
      append(number.bitPattern)
    case .boolean(let flag):
      append(MetadataType.boolean)
      append(UInt8(flag ? 1 : 0))
    case .string(let text):
      append(MetadataType.string)
      append(text)
    case .strings(let texts):
      append(MetadataType.array)
      append(MetadataType.string)
      append(UInt64(texts.count))
      for text in texts { append(text) }
    }
  }
}
