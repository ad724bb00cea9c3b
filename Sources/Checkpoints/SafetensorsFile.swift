import Foundation
import InterchangeBasics

/// Tensors in one safetensors file.
///
/// The file is:
///
/// 1. The length of the header, a uint64, little-endian.
/// 2. The header, a JSON object, padded with spaces: for each tensor its name and
///    `{"dtype": "F32", "shape": [rows, width], "data_offsets": [begin, end]}`, offsets in bytes
///    from the start of 3, and optionally `"__metadata__"`, an object of strings.
/// 3. The tensors' bytes, row-major and little-endian, one tensor after the other without a gap, to
///    the end of the file.
///
/// All of this is checked before this value exists, and that every tensor's bytes are as many as
/// its shape and type need. A file with a type that isn't an ``ElementType`` is refused.
public struct SafetensorsFile: Checkpoint {
  /// The mapped file.
  public let file: MappedFile
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// The tensors' names in the order of the file.
  public let names: [String]
  private let tensors: [String: StoredTensor]

  /// The file's path, as errors name it.
  public var path: String { file.path }
  /// The one file.
  public var files: [MappedFile] { [file] }

  /// The longest header that the reference implementation reads.
  private static let longestHeader: UInt64 = 100_000_000

  /// Maps a safetensors file and checks all of its header.
  ///
  /// - Throws: ``CheckpointError`` that names the place in the file.
  public init(contentsOf url: URL) throws {
    file = try MappedFile(contentsOf: url)
    var reader = ByteReader(file)
    let length = try reader.number(UInt64.self, "header length")
    guard length >= 2, length <= min(UInt64(reader.remaining), Self.longestHeader) else {
      throw reader.malformed(
        "header length", expected: "2 to \(min(reader.remaining, Int(Self.longestHeader))) bytes",
        found: "\(length)")
    }
    let range = try reader.take(length, "header")
    let header = try decodeJSON(Header.self, in: range, of: file, place: "header")
    metadata = header.metadata
    // In the file's order; tensors without elements share their place with a neighbor.
    let entries = header.entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound, $0.name)
        < ($1.range.lowerBound, $1.range.upperBound, $1.name)
    }
    names = entries.map(\.name)
    var tensors: [String: StoredTensor] = [:]
    var position = range.upperBound
    for entry in entries {
      let tensor = try entry.tensor(in: file, dataStart: range.upperBound, expectedStart: position)
      position = tensor.byteRange.upperBound
      tensors[entry.name] = tensor
    }
    guard position == file.size else {
      throw reader.malformed(
        "data", expected: "tensors to the end of the file at \(file.size)",
        found: "the last one's end at \(position)")
    }
    self.tensors = tensors
  }

  /// True when there is a tensor of this name.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// The tensor of this name.
  ///
  /// - Throws: ``CheckpointError/missing(file:kind:name:near:)`` when there is none.
  public func tensor(named name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else { throw missingTensor(name) }
    return tensor
  }
}

/// The JSON header of a safetensors file.
private struct Header: Decodable {
  /// A tensor's description in the header.
  struct Entry {
    let name: String
    let type: ElementType
    let shape: [Int]
    /// From the start of the data.
    let range: Range<Int>
  }

  private enum Field: String, CodingKey {
    case dtype, shape
    case offsets = "data_offsets"
  }

  var metadata: [String: String] = [:]
  var entries: [Entry] = []

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        let fields = try container.nestedContainer(keyedBy: Field.self, forKey: key)
        entries.append(try Self.entry(key.stringValue, fields))
      }
    }
  }

  private static func entry(
    _ name: String, _ fields: KeyedDecodingContainer<Field>
  ) throws -> Entry {
    func wrong(_ field: Field, expected: String, found: String) -> JSONFault {
      JSONFault(
        place: "tensor \(quoted(name)): \(field.rawValue)", expected: expected, found: found)
    }
    let typeName = try fields.decode(String.self, forKey: .dtype)
    guard let type = ElementType(rawValue: typeName), type.blockSize == 1 else {
      let known = ElementType.allCases.filter { $0.blockSize == 1 }.map(\.rawValue)
      throw wrong(
        .dtype, expected: "one of " + known.joined(separator: ", "), found: quoted(typeName))
    }
    let shape = try fields.decode([Int].self, forKey: .shape)
    let offsets = try fields.decode([Int].self, forKey: .offsets)
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
      throw wrong(.offsets, expected: "[begin, end] in order", found: "\(offsets.prefix(4))")
    }
    let size = elementCount(of: shape).flatMap { type.byteCount(ofRow: $0) }
    guard size == offsets[1] - offsets[0] else {
      let needed = size.map { "\($0)" } ?? "an impossible number of"
      throw wrong(
        .offsets, expected: "\(needed) bytes, which \(typeName) \(shape) takes",
        found: "\(offsets[1] - offsets[0])")
    }
    return Entry(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }
}

extension Header.Entry {
  /// The tensor, when it starts where the one before it ends and ends in the file.
  fileprivate func tensor(
    in file: MappedFile, dataStart: Int, expectedStart: Int
  ) throws -> StoredTensor {
    func wrong(expected: String, found: String) -> CheckpointError {
      .malformed(
        file: file.path, place: "tensor \(quoted(name)): data_offsets", expected: expected,
        found: found)
    }
    guard range.lowerBound == expectedStart - dataStart else {
      throw wrong(
        expected: "begin \(expectedStart - dataStart), where the tensor before it ends",
        found: "\(range.lowerBound)")
    }
    guard range.upperBound <= file.size - dataStart else {
      throw wrong(
        expected: "an end within \(file.size - dataStart) bytes of data",
        found: "\(range.upperBound)")
    }
    return StoredTensor(
      name: name, shape: shape, elementType: type, file: file,
      byteRange: dataStart + range.lowerBound..<dataStart + range.upperBound)
  }
}
