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
  /// The mapped file.
  public let file: MappedFile
  /// The format's version.
  public let version: Int
  /// The alignment of the tensors' bytes.
  public let alignment: Int
  /// The metadata by key.
  public let metadata: [String: MetadataValue]
  /// The metadata's keys in the order of the file.
  public let metadataKeys: [String]
  /// The tensors' names in the order of the file.
  public let names: [String]
  private let tensors: [String: StoredTensor]
  /// The type numbers of tensors that can't be read.
  private let unreadable: [String: UInt32]

  /// The file's path, as errors name it.
  public var path: String { file.path }
  /// The one file.
  public var files: [MappedFile] { [file] }

  /// Maps a GGUF file and checks all of its description.
  ///
  /// - Throws: ``CheckpointError`` that names the place in the file.
  public init(contentsOf url: URL) throws {
    file = try MappedFile(contentsOf: url)
    var reader = ByteReader(file)
    let header = try GGUFHeader(reading: &reader)
    let entries = try reader.metadata(count: header.metadataCount)
    let alignment = try reader.alignment(in: entries.values)
    let descriptions = try reader.tensorDescriptions(count: header.tensorCount)
    let layout = try GGUFLayout(
      descriptions, in: file, descriptionEnd: reader.position, alignment: alignment)
    version = header.version
    self.alignment = alignment
    metadata = entries.values
    metadataKeys = entries.keys
    names = descriptions.map(\.name)
    tensors = layout.tensors
    unreadable = layout.unreadable
  }

  /// True when there is a tensor of this name, readable or not.
  public func contains(_ name: String) -> Bool {
    tensors[name] != nil || unreadable[name] != nil
  }

  /// The tensor of this name.
  ///
  /// - Throws: ``CheckpointError`` when there is none, and when its element type isn't an
  ///   ``ElementType``.
  public func tensor(named name: String) throws -> StoredTensor {
    if let tensor = tensors[name] { return tensor }
    guard let number = unreadable[name] else { throw missingTensor(name) }
    throw CheckpointError.malformed(
      file: path, place: "tensor \(quoted(name))",
      expected: "one of the types " + ElementType.readableFromGGUF,
      found: "type \(number)" + (ElementType.unreadableGGUFNames[number].map { ", \($0)" } ?? ""))
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

extension ElementType {
  /// The element type of a number in a GGUF file; nil for one that isn't supported.
  init?(gguf number: UInt32) {
    guard let type = Self.ggufNumbers[number] else { return nil }
    self = type
  }

  private static let ggufNumbers: [UInt32: ElementType] = [
    0: .float32, 1: .float16, 2: .q4_0, 3: .q4_1, 6: .q5_0, 7: .q5_1, 8: .q8_0, 12: .q4_K,
    13: .q5_K, 14: .q6_K, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64,
    30: .bfloat16,
  ]

  /// The names of the types that a GGUF file may hold, for errors.
  fileprivate static var readableFromGGUF: String {
    ggufNumbers.sorted { $0.key < $1.key }.map(\.value.rawValue).joined(separator: ", ")
  }

  /// The names of the other types, for errors.
  fileprivate static let unreadableGGUFNames: [UInt32: String] = [
    9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0",
    35: "TQ2_0", 39: "MXFP4",
  ]
}
