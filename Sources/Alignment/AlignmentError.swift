/// A fault of an interchange experiment.
public enum AlignmentError: Error, Equatable, CustomStringConvertible {
  /// There are no examples to fit or to measure on.
  case noExamples(reason: String)
  /// Base and source have different numbers of positions at the site.
  case positionMismatch(site: String, base: Int, source: Int)
  /// One of the two texts lacks a position.
  case notInText(text: String, reason: String)
  /// An intervention takes another number of sources than the examples have.
  case sourceMismatch(expected: Int, found: Int)
  /// The loss is no longer a number.
  case diverged(step: Int)
  /// A setting is outside the range that can work.
  case invalidSetting(name: String, expected: String, found: String)
  /// An answer is not one token in this model's vocabulary.
  case answerNotSingleToken(answer: String, tokens: Int)
  /// The vocabulary has a token over the end of the prompt and the beginning of the answer.
  case answerMergesWithPrompt(answer: String, prompt: String)

  /// One line with what was expected and what was found.
  public var description: String {
    switch self {
    case .noExamples(let reason): "no examples left: \(reason)"
    case .positionMismatch(let site, let base, let source):
      "\(site): the base has \(base) positions there, the source \(source); they must correspond"
    case .notInText(let text, let reason): "\(text): \(reason)"
    case .sourceMismatch(let expected, let found):
      "the intervention takes \(expected) sources, the examples have \(found)"
    case .diverged(let step):
      "the loss is not a number at step \(step); "
        + (step == 0
          ? "a weight isn't one, or the learning rate is too high"
          : "try a smaller learning rate")
    case .invalidSetting(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .answerNotSingleToken(let answer, let tokens):
      "the answer '\(answer)' is \(tokens) tokens in this vocabulary; expected one, as an "
        + "interchange is judged by the token after the prompt"
    case .answerMergesWithPrompt(let answer, let prompt):
      "the answer '\(answer)': expected a token of its own after '\(prompt)', found one over the "
        + "prompt's end in this vocabulary"
    }
  }
}
