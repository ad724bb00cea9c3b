import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

package enum TinyModels {
  package static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(components: "Fixtures", "models")

  package static func gguf() throws -> LanguageModel {
    try LanguageModel(contentsOf: folder.appending(component: "llama-gqa.gguf"))
  }

  /// The same weights and vocabulary in another file.
  package static func safetensors() throws -> LanguageModel {
    try LanguageModel(contentsOf: folder.appending(component: "llama-gqa"))
  }
}

/// LoReFT away from the point where it changes nothing: random W and b.
package func randomLoReFT(rank: Int, width: Int = 16, seed: UInt64) throws -> ReFT {
  var generator = RandomGenerator(seed: seed)
  return ReFT(
    .loreft, .rotation(try .random(rank: rank, width: width, seed: seed)),
    weight: .normal([rank, width], deviation: 0.5, using: &generator),
    bias: .normal([rank], using: &generator))
}

/// h + Rᵀ(W h + b − R h) for each row, in plain loops over doubles.
package func plainLoReFT(_ loreft: ReFT, _ rows: Tensor) -> Tensor {
  let (frame, weight, bias) = (loreft.rotation!.frame, loreft.weight!.value, loreft.bias.value)
  var result = rows.elements
  for row in 0..<rows.rows {
    var edited = (0..<rows.width).map { Double(rows[row, $0]) }
    for k in 0..<frame.rows {
      var change = Double(bias.elements[k])
      for column in 0..<rows.width {
        change += Double(weight[k, column] - frame[k, column]) * Double(rows[row, column])
      }
      for column in 0..<rows.width { edited[column] += change * Double(frame[k, column]) }
    }
    for column in 0..<rows.width { result[row * rows.width + column] = Float(edited[column]) }
  }
  return Tensor(result, shape: rows.shape)
}

/// The difference that two ways of computing a tiny model's run may have, as when a change is
/// merged into the weights, which rounds them once more.
package func rounding(ofRun numbers: [Float]) -> Float {
  Float(Rounding.spread(Rounding.tinyRun, of: Rounding.largest(numbers)))
}

/// The error that a body throws, as the line that a user sees; nil when it throws none.
package func line(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The tiny BERT classifier of the fixtures with words to read: `entailment`, `neutral` or
/// `contradiction`.
package struct TinyEncoder {
  package let model: LanguageModel
  private let folder: TemporaryFolder

  /// - Parameter hasHead: whether the checkpoint's own classifier is there
  package init(hasHead: Bool = true) throws {
    folder = try TemporaryFolder()
    let name = hasHead ? "bert-classifier" : "bert"
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: TinyModels.folder.appending(components: name, file),
        to: folder.url.appending(component: file))
    }
    if !hasHead {
      // The body alone.
      let config = folder.url.appending(component: "config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      try Data(text.replacing("BertForMaskedLM", with: "BertModel").utf8).write(to: config)
    }
    let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "the", "a"]
    let letters = (0..<61 - words.count).map { "w\($0)" }
    try Data((words + letters).joined(separator: "\n").utf8).write(
      to: folder.url.appending(component: "vocab.txt"))
    model = try LanguageModel(contentsOf: folder.url)
  }

  /// The model of the same checkpoint with other numbers.
  package func changing(_ change: (_ name: String, _ tensor: Tensor) throws -> Tensor) throws
    -> LanguageModel
  {
    let other = try TemporaryFolder()
    for file in ["config.json", "vocab.txt"] {
      try FileManager.default.copyItem(
        at: folder.url.appending(component: file), to: other.url.appending(component: file))
    }
    let weights = try SafetensorsFile(
      contentsOf: folder.url.appending(component: "model.safetensors"))
    try Safetensors.write(
      weights.names.map { ($0, try change($0, weights.tensor(named: $0).floats())) }, metadata: [:],
      to: other.url.appending(component: "model.safetensors"))
    return try LanguageModel(contentsOf: other.url)
  }
}

/// The largest of the differences of two lists of numbers.
package func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
