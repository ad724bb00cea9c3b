import InterchangeBasics

/// A fault in a question about a network's inside.
public enum CircuitError: ClassifiedError, Equatable, CustomStringConvertible {
  /// The network isn't of the make that a method needs.
  case unsuitable(architecture: String, method: String, reason: String)
  /// A setting is outside the range that can work.
  case invalidSetting(name: String, expected: String, found: String)
  /// There is nothing to measure.
  case noExamples(reason: String)
  /// A result is no number.
  case notFinite(place: String)

  /// One line with what was expected and what was found.
  public var description: String {
    switch self {
    case .unsuitable(let architecture, let method, let reason):
      "\(method) of a \(architecture) model: \(reason)"
    case .invalidSetting(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    case .noExamples(let reason): "no examples left: \(reason)"
    case .notFinite(let place): "\(place): expected finite numbers, found one that isn't"
    }
  }

  /// Bad input, but for a number that is none.
  public var failure: Failure {
    if case .notFinite = self { .failed } else { .badInput }
  }
}
