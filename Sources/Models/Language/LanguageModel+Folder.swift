import Foundation
import InterchangeCheckpoints

extension LanguageModel {
  /// Reads a folder with `config.json`, safetensors (one file or shards) or a `pytorch_model.bin`,
  /// and the files of a tokenizer.
  convenience init(folder url: URL, weights: WeightForm) throws {
    let folder = try ModelFolder(url, weights: weights)
    let architecture = try ModelFamilies.architecture(in: folder)
    try self.init(
      architecture, tokenizer: folder.tokenizer(),
      source: ModelSource(url: url, opened: weights == .stored ? folder.openedCheckpoint : nil))
  }
}
