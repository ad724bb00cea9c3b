import Foundation
import InterchangeBasics
import InterchangeTensors

/// Writes safetensors files.
public enum Safetensors {
  /// Writes tensors, as F32 and in this order, and strings about them to a safetensors file.
  ///
  /// The same input gives the same bytes. The file appears under its name only when all of it is on
  /// the disk: it is written beside it under a temporary name, which a failure removes.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be written, and when a name is used twice or
  ///   is `__metadata__`.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to url: URL
  ) throws {
    try write(
      making: tensors.map { entry in (entry.name, entry.tensor.shape, { entry.tensor }) },
      metadata: metadata, to: url)
  }

  /// Writes tensors that are made one after another, each when its turn comes, so that they needn't
  /// all be held.
  ///
  /// - Throws: as the other, and the errors of making a tensor.
  package static func write(
    making tensors: [(name: String, shape: [Int], make: () throws -> Tensor)],
    metadata: [String: String] = [:], to url: URL
  ) throws {
    let path = url.path(percentEncoded: false)
    let header = try header(tensors.map { ($0.name, $0.shape) }, metadata: metadata, path: path)
    try CheckpointError.writing(to: path) { write in
      try header.withUnsafeBytes { try write($0) }
      for (name, shape, make) in tensors {
        let tensor = try make()
        require(tensor.shape == shape, "Safetensors: \(name) has shape \(tensor.shape)")
        try tensor.withElements { try write(UnsafeRawBufferPointer($0)) }
      }
    }
  }

  /// The header's length and the header, padded so that the data starts at a multiple of 8.
  static func header(
    _ tensors: [(name: String, shape: [Int])], metadata: [String: String], path: String
  ) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let strings = metadata.sorted { $0.key < $1.key }.map {
        "\(jsonString($0.key)):\(jsonString($0.value))"
      }
      members.append("\"__metadata__\":{\(strings.joined(separator: ","))}")
    }
    var names: Set<String> = ["__metadata__"]
    var position = 0
    for (name, sizes) in tensors {
      guard names.insert(name).inserted else {
        throw CheckpointError.malformed(
          file: path, place: "tensor \(quoted(name))", expected: "each name once, not __metadata__",
          found: "it again")
      }
      let end = position + sizes.product * MemoryLayout<Float>.size
      let shape = sizes.map(String.init).joined(separator: ",")
      members.append(
        "\(jsonString(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(position),\(end)]}")
      position = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: -header.count & 7)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }

  /// `text` as a JSON string.
  private static func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
