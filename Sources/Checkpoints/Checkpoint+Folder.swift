import Foundation

/// The tensors of a model's folder: its safetensors (``SafetensorsCheckpoint``) or, when it has
/// none, its `pytorch_model.bin` (``TorchArchive``).
///
/// - Throws: ``CheckpointError`` when the folder has neither, or when its files are at fault.
public func checkpoint(inFolder folder: URL) throws -> any Checkpoint {
  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(
      atPath: folder.appending(component: name).path(percentEncoded: false))
  }
  let archive = "pytorch_model.bin"
  if !has("model.safetensors"), !has("model.safetensors.index.json") {
    if has(archive) {
      return try TorchArchive(contentsOf: folder.appending(component: archive))
    }
    guard !has(archive + ".index.json") else {
      throw CheckpointError.malformed(
        file: folder.path(percentEncoded: false), place: "folder",
        expected: "safetensors, or one \(archive)",
        found: "\(archive) in parts, which are not read; the reference writes safetensors when it "
          + "saves the model")
    }
  }
  return try SafetensorsCheckpoint(contentsOf: folder)
}
