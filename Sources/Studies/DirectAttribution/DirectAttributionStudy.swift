import InterchangeAlignment
import InterchangeBasics
import InterchangeCircuits
import InterchangeModels

/// Direct logit attribution of a text or of a data set.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let study = try DirectAttributionStudy(
///   of: "When Mary and John went to the store, John gave a drink to", answer: " Mary",
///   other: " John", for: model)
/// for heads in study.attribution.heads { print(heads.layer, heads.shares.map(\.mean)) }
/// ```
public struct DirectAttributionStudy: Codable, Sendable {
  /// The text, or the task's name.
  public let subject: String
  /// The logit or the difference in words, such as ` Mary − John`.
  public let question: String
  /// The text's tokens as labels show them; none of a data set.
  public let tokens: [String]
  /// The check of a data set's pairs; nil of a text.
  public let check: TaskExamples.Check?
  /// The shares.
  public let attribution: DirectAttribution

  /// The attribution of an answer's logit at a text's end, less that of another answer.
  ///
  /// - Throws: `AlignmentError` for an answer that isn't one token there, `CircuitError` for a
  ///   network whose outputs are no sum of parts, `ModelError` for a text that is too long.
  public init(
    of text: String, answer: String, other: String? = nil, for model: LanguageModel,
    neurons: Int = 20, sourcesOf heads: Int = 10
  ) throws {
    let encoded = model.encode(text)
    let ids = try model.answerTokens([answer] + (other.map { [$0] } ?? []), after: text)
    attribution = try model.network.directAttribution(
      of: [AttributedInput(encoded.input, answer: ids[0], other: ids.count > 1 ? ids[1] : nil)],
      neurons: neurons, sourcesOf: heads)
    subject = text
    question = ids.map(model.label).joined(separator: " − ")
    tokens = encoded.ids.map(model.label)
    check = nil
  }

  /// The mean attribution over pairs of the base's own answer less the one that the interchange
  /// would give.
  ///
  /// - Parameters:
  ///   - examples: pairs with two different answers; others are left out
  ///   - limit: how many at most
  ///   - progress: called with the numbers of pairs that are done and in all
  /// - Throws: as for a text, and `CircuitError.noExamples` when no pair has two answers.
  public init(
    of examples: TaskExamples, limit: Int? = nil, for model: LanguageModel, neurons: Int = 20,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let pairs = examples.filter { $0.label != $0.baseLabel }.prefix(limit ?? .max)
    guard !pairs.isEmpty else {
      throw CircuitError.noExamples(
        reason: "in every pair of task \(examples.task) base and source have the same answer")
    }
    attribution = try model.network.directAttribution(
      of: pairs.map { AttributedInput($0.base, answer: $0.baseLabel, other: $0.label) },
      neurons: neurons, progress: { progress($0, pairs.count) })
    subject = examples.task
    question = "the base’s answer − the source’s (\(examples.variable))"
    tokens = []
    check = examples.check
  }
}
