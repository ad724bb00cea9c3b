import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTokenizers

extension LanguageModel {
  /// Reads a folder with `config.json`, safetensors (one file or shards) or a `pytorch_model.bin`,
  /// and the files of a tokenizer.
  convenience init(folder place: ModelPlace, weights: WeightForm) throws {
    let folder = try ModelFolder(place.url, weights: weights)
    let architecture = try ModelFamilies.architecture(in: folder)
    var tokenizer = try folder.tokenizer()
    if let ends = try folder.endTokens() {
      tokenizer.endTokens = ends.filter { (0..<tokenizer.count).contains($0) }
    }
    try self.init(
      architecture, tokenizer: tokenizer,
      source: ModelSource(place, opened: weights == .stored ? folder.openedCheckpoint : nil),
      notes: folder.notes)
  }
}

extension ModelFolder {
  /// The tokens that end a continuation: those of `generation_config.json` or, without them, of
  /// `config.json`; nil when neither says any.
  ///
  /// - Throws: `CheckpointError` naming the file and the field.
  fileprivate func endTokens() throws -> Set<Int>? {
    func ends(_ file: ModelConfiguration) throws -> Set<Int>? {
      let field = "eos_token_id"
      guard case .array = file.fields[field] else {
        let end: Int? = try file.valueIfPresent(field)
        return end.map { [$0] }
      }
      let list: [Int] = try file.value(field)
      return Set(list)
    }
    let generation = url.appending(component: "generation_config.json")
    let stated =
      generation.exists ? try ends(ModelConfiguration(contentsOf: generation)) : nil
    return try stated ?? ends(configuration)
  }
}
