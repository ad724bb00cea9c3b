import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The committed tiny LLaMAs.
enum TinyModels {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(components: "Fixtures", "models")

  /// The one with a tokenizer.
  static func languageModel() throws -> LanguageModel {
    try LanguageModel(contentsOf: folder.appending(component: "llama-gqa.gguf"))
  }

  static func model(_ name: String) throws -> Model {
    Model(try Transformer(folder: folder.appending(component: name)))
  }

  /// Random token sequences of different lengths; base and source of a pair are equally long.
  static func examples(_ count: Int, sources: Int = 1, seed: UInt64) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { index in
      let length = 3 + index % 4
      func tokens() -> ModelInput {
        .tokens((0..<length).map { _ in Int.random(in: 1..<61, using: &generator) })
      }
      return AlignmentExample(
        base: tokens(), sources: (0..<sources).map { _ in tokens() },
        label: Int.random(in: 0..<61, using: &generator), baseLabel: 0)
    }
  }
}

/// The error that a body throws, as the line that a user sees; nil when it throws none.
func line(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
