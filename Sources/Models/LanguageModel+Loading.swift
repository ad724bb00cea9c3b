import Checkpoints
import Foundation

extension LanguageModel {
  /// Reads a model: a GGUF file, or a folder with `config.json`, safetensors and `tokenizer.json`.
  ///
  /// - Throws: ``ModelError``, `CheckpointError` or `TokenizerError`, each naming the file, the field or
  ///   tensor, what was expected and what was found.
  public convenience init(contentsOf url: URL) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
      throw ModelError.unreadable(path: url.path, reason: "no such file or folder")
    }
    if isDirectory.boolValue {
      try self.init(folder: url)
    } else {
      try self.init(gguf: GGUFFile(contentsOf: url), url: url)
    }
  }

  /// Reads a model at a path; a leading `~` stands for the home folder.
  ///
  /// - Throws: as ``init(contentsOf:)-(URL)``.
  public convenience init(contentsOf path: String) throws {
    try self.init(contentsOf: URL(fileURLWithPath: (path as NSString).expandingTildeInPath))
  }
}
