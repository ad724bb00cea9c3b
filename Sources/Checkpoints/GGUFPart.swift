import Foundation
import InterchangeBasics

/// One file of a ``GGUFFile``: its description, checked, and its tensors' places.
struct GGUFPart: Sendable {
  let file: MappedFile
  let version: Int
  let alignment: Int
  let metadata: [String: MetadataValue]
  /// The metadata's keys in the order of the file.
  let metadataKeys: [String]
  /// The tensors' names in the order of the file.
  let names: [String]
  private let tensors: [String: StoredTensor]
  /// The type numbers of tensors that can't be read.
  private let unreadable: [String: UInt32]

  init(contentsOf url: URL) throws {
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
  func contains(_ name: String) -> Bool { tensors[name] != nil || unreadable[name] != nil }

  /// The tensor of this name, nil when there is none.
  ///
  /// - Throws: ``CheckpointError`` when its element type isn't an ``ElementType``.
  func tensor(named name: String) throws -> StoredTensor? {
    if let tensor = tensors[name] { return tensor }
    guard let number = unreadable[name] else { return nil }
    throw CheckpointError.malformed(
      file: file.path, place: "tensor \(quoted(name))",
      expected: "one of the types " + ElementType.readableFromGGUF,
      found: "type \(number)" + (ElementType.unreadableGGUFNames[number].map { ", \($0)" } ?? ""))
  }
}

extension GGUFPart {
  /// All parts of the split file that this is one of, in their order; this file alone when it isn't
  /// split.
  ///
  /// - Parameter url: the file that this was read from, NAME-00001-of-00003.gguf
  /// - Throws: ``CheckpointError`` naming a part that isn't there or isn't of the same file.
  func withSiblings(of url: URL) throws -> [GGUFPart] {
    guard let count = try number("split.count"), count > 1 else { return [self] }
    let own = try number("split.no") ?? 0
    let ending = Self.ending(own, of: count)
    let name = url.lastPathComponent
    guard name.hasSuffix(ending), (0..<count).contains(own), count <= 99_999 else {
      throw CheckpointError.malformed(
        file: file.path, place: "name",
        expected: "\(quoted(ending)) at its end, as its key "
          + "\"split.no\" says", found: name)
    }
    let stem = name.dropLast(ending.count)
    let parts = try (0..<count).map { index in
      if index == own { return self }
      let sibling = url.deletingLastPathComponent()
        .appending(component: stem + Self.ending(index, of: count))
      guard sibling.exists else {
        throw CheckpointError.missing(
          file: file.path, kind: "part", name: sibling.lastPathComponent, near: [])
      }
      let part = try GGUFPart(contentsOf: sibling)
      guard try part.number("split.no") == index, try part.number("split.count") == count else {
        throw CheckpointError.malformed(
          file: part.file.path, place: "keys \"split.no\" and \"split.count\"",
          expected: "\(index) and \(count)", found: "others")
      }
      return part
    }
    let tensors = parts.reduce(0) { $0 + $1.names.count }
    if let all = try number("split.tensors.count"), all != tensors {
      throw CheckpointError.malformed(
        file: file.path, place: "key \"split.tensors.count\"",
        expected: "\(tensors), as the parts have", found: "\(all)")
    }
    return parts
  }

  private static func ending(_ index: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "-\(digits(index + 1))-of-\(digits(count)).gguf"
  }

  private func number(_ key: String) throws -> Int? {
    guard let value = metadata[key] else { return nil }
    guard let number = Int(metadata: value) else {
      throw CheckpointError.malformed(
        file: file.path, place: "key \(quoted(key))", expected: Int.metadataExpectation,
        found: value.typeDescription)
    }
    return number
  }
}

extension ElementType {
  /// The element type of a number in a GGUF file; nil for one that isn't supported.
  init?(gguf number: UInt32) {
    guard let type = Self.ofGGUFNumber[number] else { return nil }
    self = type
  }

  /// The names of the types that a GGUF file may hold, for errors.
  fileprivate static var readableFromGGUF: String {
    ofGGUFNumber.sorted { $0.key < $1.key }.map(\.value.rawValue).joined(separator: ", ")
  }

  /// The names of the other types, for errors.
  fileprivate static let unreadableGGUFNames: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 41: "Q1_0",
  ]
}
