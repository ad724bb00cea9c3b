import Foundation
import InterchangeBasics

/// A model in a GGUF file, version 2 or 3, little-endian.
///
/// The file is, from its first byte, with every number little-endian and nothing aligned before 5:
///
/// 1. The four bytes "GGUF".
/// 2. The version, a uint32: 2 or 3. (Version 1 had 32-bit counts; it isn't read.)
/// 3. The number of tensors and the number of metadata entries, a uint64 each.
/// 4. The metadata entries, one after the other:
///    1. The key, a string: its length in bytes as a uint64, then its bytes in UTF-8.
///    2. The value's type, a uint32 (``MetadataType``).
///    3. The value: a number of 1, 2, 4 or 8 bytes; a boolean of one byte, 0 or 1; a string as
///       above; or an array: the elements' type as a uint32, their number as a uint64, then their
///       values, which may be arrays again.
///
///    Then the descriptions of the tensors, one after the other:
///    1. The name, a string.
///    2. The number of axes, a uint32, at most 4.
///    3. Their lengths, a uint64 each, *innermost first*. ``StoredTensor/shape`` has them outermost
///       first.
///    4. The element type, a uint32. Rows along the innermost axis are whole blocks.
///    5. The offset of the tensor's bytes from the start of 5, a uint64, a multiple of the
///       alignment.
///
///    Then zeros to the next multiple of the alignment, which is the metadata's `general.alignment`
///    (a uint32, a power of two) or 32.
/// 5. The bytes of the tensors.
///
/// All of 1 to 4, and that every tensor's bytes lie in 5 and overlap no other's, is checked before
/// this value exists. A tensor whose element type isn't an ``ElementType`` stops nobody from using
/// the others: its name is listed, and ``tensor(named:)`` throws for it.
public struct GGUFFile: Checkpoint {
  /// The file, or the parts of a split one in their order.
  private let parts: [GGUFPart]
  /// The number of the part with each tensor, of several parts.
  private let partOfTensor: [String: Int]
  /// The names of the tensors that were read.
  public let reads = ReadTensors()

  /// The format's version.
  public var version: Int { parts[0].version }
  /// The alignment of the tensors' bytes.
  public var alignment: Int { parts[0].alignment }
  /// The metadata by key; of a split file its first part's.
  public var metadata: [String: MetadataValue] { parts[0].metadata }
  /// The metadata's keys in the order of the file.
  public var metadataKeys: [String] { parts[0].metadataKeys }
  /// The tensors' names in the order of the files.
  public var names: [String] { parts.flatMap(\.names) }
  /// The file's path, as errors name it; of a split file its first part's.
  public var path: String { parts[0].file.path }
  /// The mapped file, or the parts.
  public var files: [MappedFile] { parts.map(\.file) }

  /// Maps a GGUF file and checks all of its description.
  ///
  /// Any part of a file that `llama-gguf-split` made stands for all of them; the others lie beside
  /// it.
  ///
  /// - Throws: ``CheckpointError`` that names the place in the file, or the part that is missing.
  public init(contentsOf url: URL) throws {
    let parts = try GGUFPart(contentsOf: url).withSiblings(of: url)
    var partOfTensor: [String: Int] = [:]
    for (number, part) in parts.enumerated() where parts.count > 1 {
      for name in part.names where partOfTensor.updateValue(number, forKey: name) != nil {
        throw CheckpointError.malformed(
          file: part.file.path, place: "tensor \(quoted(name))", expected: "it in one part",
          found: "it in another too")
      }
    }
    (self.parts, self.partOfTensor) = (parts, partOfTensor)
  }

  private func part(of name: String) -> GGUFPart { parts[partOfTensor[name] ?? 0] }

  /// True when there is a tensor of this name, readable or not.
  public func contains(_ name: String) -> Bool { part(of: name).contains(name) }

  /// The tensor of this name.
  ///
  /// - Throws: ``CheckpointError`` when there is none, and when its element type isn't an
  ///   ``ElementType``.
  public func tensor(named name: String) throws -> StoredTensor {
    guard let tensor = try part(of: name).tensor(named: name) else { throw missingTensor(name) }
    reads.insert(name)
    return tensor
  }
}

extension GGUFFile {
  /// The value of a metadata key: an integer, a float, a boolean, a string or an array of them.
  ///
  /// - Throws: ``CheckpointError`` that names the key, and the expected and found types, when it is
  ///   missing or of another type.
  public func value<T: MetadataReadable>(_ key: String, as type: T.Type = T.self) throws -> T {
    if let value: T = try valueIfPresent(key) { return value }
    throw CheckpointError.missing(
      file: path, kind: "key", name: key, near: nearNames(to: key, among: metadataKeys))
  }

  /// The value of a metadata key, nil when the file has no such key.
  ///
  /// - Throws: ``CheckpointError`` when it is of another type.
  public func valueIfPresent<T: MetadataReadable>(
    _ key: String, as type: T.Type = T.self
  ) throws -> T? {
    guard let value = metadata[key] else { return nil }
    guard let result = T(metadata: value) else {
      throw CheckpointError.malformed(
        file: path, place: "key \(quoted(key))", expected: T.metadataExpectation,
        found: value.typeDescription)
    }
    return result
  }
}
