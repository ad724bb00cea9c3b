import Foundation
import InterchangeBasics

/// A file of tensors that a model's folder has alone or in shards.
public protocol ShardFile: Checkpoint {
  /// The name of the file that has a whole model.
  static var wholeName: String { get }
  /// Opens a file and checks its description.
  ///
  /// - Throws: ``CheckpointError``.
  init(contentsOf url: URL) throws
}

extension ShardFile {
  /// The name of the index that shards have.
  static var indexName: String { wholeName + ".index.json" }

  /// Tells whether a folder has the whole file or an index.
  static func isPresent(in folder: URL) -> Bool {
    [wholeName, indexName].contains { folder.appending(component: $0).exists }
  }
}

extension SafetensorsFile: ShardFile {
  /// The name `model.safetensors`.
  public static var wholeName: String { "model.safetensors" }
}

extension TorchArchive: ShardFile {
  /// The name `pytorch_model.bin`.
  public static var wholeName: String { "pytorch_model.bin" }
}

/// The tensors of a model's folder: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists.
public typealias SafetensorsCheckpoint = ShardedCheckpoint<SafetensorsFile>

/// The tensors of a model's folder: one file, or the shards that an index beside them lists.
///
/// The index is a JSON object; its `weight_map` has the name of a file for each tensor.
public struct ShardedCheckpoint<File: ShardFile>: Checkpoint {
  /// The folder, as errors name it.
  public let path: String
  /// The single file, or the shards in order of their names.
  public let shards: [File]
  /// The names of all tensors, in the order of the files.
  public let names: [String]
  /// The shard, as an index into ``shards``, that holds each tensor.
  private let shardOfTensor: [String: Int]

  /// The files of the shards.
  public var files: [MappedFile] { shards.flatMap(\.files) }

  /// Opens a folder's tensors and checks every file.
  ///
  /// With an index, the checkpoint has the tensors of its `weight_map` and no others; each must be
  /// in its shard and in no other, and the shards must be files of this folder.
  ///
  /// - Throws: ``CheckpointError`` that names the file and the place in it.
  public init(contentsOf folder: URL) throws {
    path = folder.path(percentEncoded: false)
    let whole = folder.appending(component: File.wholeName)
    let index = folder.appending(component: File.indexName)
    if whole.exists {
      shards = [try File(contentsOf: whole)]
      names = shards[0].names
      shardOfTensor = Dictionary(uniqueKeysWithValues: names.map { ($0, 0) })
      return
    }
    guard index.exists else {
      throw CheckpointError.malformed(
        file: path, place: "folder",
        expected: "\(File.wholeName) or \(File.indexName)", found: "neither")
    }
    let indexFile = try MappedFile(contentsOf: index)
    let shardNames = try fileOfEachTensor(indexFile)
    let fileNames = Set(shardNames.values).sorted()
    shards = try fileNames.map { try File(contentsOf: folder.appending(component: $0)) }
    let positions = Dictionary(uniqueKeysWithValues: zip(fileNames, shards.indices))
    shardOfTensor = shardNames.compactMapValues { positions[$0] }
    let (shards, shardOfTensor) = (shards, shardOfTensor)
    for (name, shard) in shardOfTensor.sorted(by: { $0.key < $1.key })
    where !shards[shard].contains(name) {
      throw CheckpointError.malformed(
        file: indexFile.path, place: "weight_map",
        expected: "tensor \(quoted(name)) to be in "
          + fileNames[shard], found: "no such tensor there")
    }
    for (index, shard) in shards.enumerated() {
      for name in shard.names {
        guard let own = shardOfTensor[name], own != index else { continue }
        throw CheckpointError.malformed(
          file: shard.path, place: "tensor \(quoted(name))",
          expected: "it in one shard, \(fileNames[own])", found: "it here too")
      }
    }
    names = shards.indices.flatMap { shard in
      shards[shard].names.filter { shardOfTensor[$0] == shard }
    }
  }

  /// True when there is a tensor of this name.
  public func contains(_ name: String) -> Bool { shardOfTensor[name] != nil }

  /// The tensor of this name.
  ///
  /// - Throws: ``CheckpointError/missing(file:kind:name:near:)`` when there is none.
  public func tensor(named name: String) throws -> StoredTensor {
    guard let shard = shardOfTensor[name] else { throw missingTensor(name) }
    return try shards[shard].tensor(named: name)
  }
}

/// An index of shards.
private struct ShardIndex: Decodable {
  let weightMap: [String: String]

  private enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
}

/// An index's file name for each tensor.
private func fileOfEachTensor(_ index: MappedFile) throws -> [String: String] {
  let map = try decodeJSON(ShardIndex.self, in: 0..<index.size, of: index, place: "index")
    .weightMap
  guard !map.isEmpty else {
    throw CheckpointError.malformed(
      file: index.path, place: "weight_map", expected: "tensors", found: "none")
  }
  for (tensor, name) in map {
    // No file has a name of more than 255 bytes.
    let isPlain =
      (1...255).contains(name.utf8.count) && !name.hasPrefix(".")
      && !name.contains { "/\\\0".contains($0) }
    guard isPlain else {
      throw CheckpointError.malformed(
        file: index.path, place: "weight_map[\(quoted(tensor))]",
        expected: "the name of a file in this folder", found: quoted(name))
    }
  }
  return map
}
