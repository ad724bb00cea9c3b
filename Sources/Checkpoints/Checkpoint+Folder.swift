import Foundation
import InterchangeBasics

/// The tensors of a model's folder: its safetensors or, when it has none, its `pytorch_model.bin`,
/// in one file or in shards; those that its `config.json` says are quantized are dequantized
/// (``QuantizedCheckpoint``).
///
/// - Throws: ``CheckpointError`` when the folder has neither, when its files are at fault, and for
///   a quantization that isn't known here.
public func checkpoint(inFolder folder: URL) throws -> any Checkpoint {
  let kinds: [any ShardFile.Type] = [SafetensorsFile.self, TorchArchive.self]
  func open<File: ShardFile>(_ kind: File.Type) throws -> any Checkpoint {
    try ShardedCheckpoint<File>(contentsOf: folder)
  }
  let kind: any ShardFile.Type = kinds.first { $0.isPresent(in: folder) } ?? SafetensorsFile.self
  let stored = try open(kind)
  guard folder.appending(component: "config.json").exists else { return stored }
  return try ModelConfiguration(contentsOf: folder).dequantized(stored)
}
