/// The value of a variable of a causal model: a word, a whole number or a truth value.
///
/// Equality is exact, and values of different kinds are never equal: `.int(1)` is not
/// `.bool(true)`, and `.string("1")` is neither.
public enum CausalValue: Hashable, Sendable {
  /// A word, such as a country's name.
  case string(String)
  /// A whole number, such as an object's identity.
  case int(Int)
  /// A truth value, such as the outcome of a comparison.
  case bool(Bool)
}

/// A value for every named variable, or for the inputs only: `["a": 1, "b": 2]`.
public typealias Setting = [String: CausalValue]

extension CausalValue: CustomStringConvertible {
  /// The value as text: the string itself, the decimal number, `true` or `false`.
  public var description: String {
    switch self {
    case .string(let text): text
    case .int(let number): String(number)
    case .bool(let truth): String(truth)
    }
  }
}

extension CausalValue: ExpressibleByStringLiteral {
  /// A word.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension CausalValue: ExpressibleByIntegerLiteral {
  /// A whole number.
  public init(integerLiteral value: Int) { self = .int(value) }
}

extension CausalValue: ExpressibleByBooleanLiteral {
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
