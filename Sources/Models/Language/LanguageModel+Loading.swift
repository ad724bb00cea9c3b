import Foundation
import InterchangeBasics
import InterchangeCheckpoints

/// The form in which weights are held in memory.
public enum WeightForm: String, CaseIterable, Sendable, Codable {
  /// As in the file, memory-mapped: products widen them on the way.
  case stored
  /// Widened to float32 when the model is read.
  case float32
}

extension LanguageModel {
  /// Reads a model: a GGUF file, or a folder with `config.json`, safetensors and a tokenizer's
  /// files.
  ///
  /// - Throws: ``ModelError``, `CheckpointError` or `TokenizerError`, each naming the file, the
  ///   field or tensor, what was expected and what was found.
  public convenience init(contentsOf url: URL, weights: WeightForm = .stored) throws {
    guard url.exists else {
      throw ModelError.unreadable(path: url.path, reason: "no such file or folder")
    }
    if url.isFolder {
      try self.init(folder: url, weights: weights)
    } else {
      try self.init(gguf: GGUFFile(contentsOf: url), url: url, weights: weights)
    }
  }

  /// Reads a model at a path; a leading `~` stands for the home folder.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// print(model.layers, model.width)  // 30 576
  /// ```
  ///
  /// - Throws: as ``init(contentsOf:weights:)-(URL,_)``.
  public convenience init(_ path: String, weights: WeightForm = .stored) throws {
    try self.init(contentsOf: URL(userPath: path), weights: weights)
  }

  /// ``init(_:weights:)``.
  ///
  /// - Throws: as that.
  public convenience init(contentsOf path: String, weights: WeightForm = .stored) throws {
    try self.init(path, weights: weights)
  }
}
