import InterchangeModels

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
  /// The training has come to change nothing any more, and has no gradient.
  case collapsed(method: String, place: String)
  /// The training was asked to stop, and its state is kept.
  case interrupted(step: Int)
  /// A measured number is infinite or none.
  case notFinite(what: String, place: String)
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
      "example \(example): " + Self.tooLongReason(tokens: tokens, maximum: maximum)
    case .overlap(let first, let second):
      "two interventions change the same cells: \(first) and \(second)"
    case .diverged(let step):
      "the loss is not a number at step \(step); "
        + (step == 0
          ? "a weight isn't one, or the learning rate is too high"
          : "try a smaller learning rate")
    case .collapsed(let method, let place):
      "\(method): the steering of \(place) has gone to nothing: no training example has a positive "
        + "latent there; another seed, or a smaller learning rate or penalty, may keep it"
    case .notFinite(let what, let place): "\(what): expected a finite number, found none: \(place)"
    case .interrupted(let step):
      "stopped after step \(step), whose state is kept"
    case .invalidSetting(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .invalidAdapter(let path, let field, let expected, let found):
      "\(path): \(field): expected \(expected), found \(found)"
    case .unwritable(let name, let reason): "\(name) can't be written: \(reason)"
    }
  }

  /// The words for a text that is longer than the model reads.
  static func tooLongReason(tokens: Int, maximum: Int) -> String {
    "\(tokens) tokens, the model reads at most \(maximum)"
  }
}

extension Error {
  /// True for an error that says that a training failed by its own doing: a run, a loss or a score
  /// gave no number, or what was trained has come to nothing.
  package var isOfNumbers: Bool {
    let error: any Error = self
    return switch error {
    case FineTuningError.diverged, FineTuningError.notFinite, FineTuningError.collapsed,
      ModelError.notFinite:
      true
    default: false
    }
  }
}
