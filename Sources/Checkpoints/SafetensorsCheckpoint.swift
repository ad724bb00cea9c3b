import Foundation
import InterchangeBasics

/// The tensors of a model's folder: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists.
public struct SafetensorsCheckpoint: Checkpoint {
  /// The folder, as errors name it.
  public let path: String
  /// The single file, or the shards in order of their names.
  public let shards: [SafetensorsFile]
  /// The names of all tensors, in the order of the files.
  public let names: [String]
  /// The shard, as an index into ``shards``, that holds each tensor.
  private let shardOfTensor: [String: Int]

  /// The files of the shards.
  public var files: [MappedFile] { shards.map(\.file) }

  /// Opens a folder's tensors and checks every file.
  ///
  /// With an index, the checkpoint has the tensors of its `weight_map` and no others; each must be
  /// in its shard, and the shards must be files of this folder.
  ///
  /// - Throws: ``CheckpointError`` that names the file and the place in it.
  public init(contentsOf folder: URL) throws {
    path = folder.path(percentEncoded: false)
    let single = folder.appending(component: "model.safetensors")
    let index = folder.appending(component: "model.safetensors.index.json")
    if FileManager.default.fileExists(atPath: single.path(percentEncoded: false)) {
      shards = [try SafetensorsFile(contentsOf: single)]
      names = shards[0].names
      shardOfTensor = Dictionary(uniqueKeysWithValues: names.map { ($0, 0) })
      return
    }
    guard FileManager.default.fileExists(atPath: index.path(percentEncoded: false)) else {
      throw CheckpointError.malformed(
        file: path, place: "folder",
        expected: "model.safetensors or model.safetensors.index.json", found: "neither")
    }
    let indexFile = try MappedFile(contentsOf: index)
    let shardNames = try Self.shardNames(indexFile)
    let fileNames = Set(shardNames.values).sorted()
    shards = try fileNames.map { try SafetensorsFile(contentsOf: folder.appending(component: $0)) }
    let positions = Dictionary(uniqueKeysWithValues: zip(fileNames, shards.indices))
    shardOfTensor = shardNames.compactMapValues { positions[$0] }
    for (name, shard) in shardOfTensor.sorted(by: { $0.key < $1.key })
    where !shards[shard].contains(name) {
      throw CheckpointError.malformed(
        file: indexFile.path, place: "weight_map",
        expected: "tensor \(quoted(name)) to be in "
          + fileNames[shard], found: "no such tensor there")
    }
    let (shards, shardOfTensor) = (shards, shardOfTensor)
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

  private struct Index: Decodable {
    let weightMap: [String: String]

    private enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  /// The index's file name for each tensor.
  private static func shardNames(_ index: MappedFile) throws -> [String: String] {
    let map = try decodeJSON(Index.self, in: 0..<index.size, of: index, place: "index").weightMap
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
}
