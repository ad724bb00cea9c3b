/// A fault of a fine-tuning, in one line.
public enum FineTuningError: Error, Equatable, CustomStringConvertible {
  case noExamples
  /// A prompt or completion without a single token.
  case emptyText(example: Int, part: String)
  /// A prompt with its completion is longer than the model reads.
  case tooLong(example: Int, tokens: Int, maximum: Int)
  /// Two interventions change the same cells.
  case overlap(first: String, second: String)
  /// The loss is no longer a number.
  case diverged(step: Int)
  /// The training was asked to stop, and its state is kept.
  case interrupted(step: Int)
  /// A setting is outside what can work.
  case invalidSetting(name: String, expected: String, found: String)
  /// A saved adapter lacks something, or was made for something else.
  case invalidAdapter(path: String, field: String, expected: String, found: String)
  /// An adapter that no file can hold.
  case unwritable(name: String, reason: String)

  public var description: String {
    switch self {
    case .noExamples: "no training examples"
    case .emptyText(let example, let part): "example \(example): the \(part) has no tokens"
    case .tooLong(let example, let tokens, let maximum):
      "example \(example): \(tokens) tokens, the model reads at most \(maximum)"
    case .overlap(let first, let second):
      "two interventions change the same cells: \(first) and \(second)"
    case .diverged(let step):
      "the loss is not a number at step \(step); try a smaller learning rate"
    case .interrupted(let step):
      "stopped after step \(step), whose state is kept"
    case .invalidSetting(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .invalidAdapter(let path, let field, let expected, let found):
      "\(path): \(field): expected \(expected), found \(found)"
    case .unwritable(let name, let reason): "\(name) can't be written: \(reason)"
    }
  }
}
