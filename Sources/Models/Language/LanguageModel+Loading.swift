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
    try self.init(at: ModelPlace(url), weights: weights)
  }

  /// Reads the model at a place.
  ///
  /// - Throws: as ``init(contentsOf:weights:)-(URL,_)``.
  public convenience init(at place: ModelPlace, weights: WeightForm = .stored) throws {
    let url = place.url
    guard url.exists else {
      throw ModelError.unreadable(path: url.path, reason: "no such file or folder")
    }
    if url.isFolder {
      try self.init(folder: place, weights: weights)
    } else {
      try self.init(gguf: GGUFFile(contentsOf: url), at: place, weights: weights)
    }
  }

  /// Reads a model at a path, with a leading `~` for the home folder, or one of the Hugging Face
  /// cache by its name: `gpt2`, `google/gemma-2-2b@main`, `ORG/NAME:Q4_K_M`.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// print(model.layers, model.width)  // 30 576
  /// ```
  ///
  /// - Throws: as ``init(contentsOf:weights:)-(URL,_)``; `HubError` for a name that the cache
  ///   doesn't have.
  public convenience init(_ path: String, weights: WeightForm = .stored) throws {
    try self.init(at: ModelPlace(path), weights: weights)
  }

  /// ``init(_:weights:)``.
  ///
  /// - Throws: as that.
  public convenience init(contentsOf path: String, weights: WeightForm = .stored) throws {
    try self.init(path, weights: weights)
  }
}
