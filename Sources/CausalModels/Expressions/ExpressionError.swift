/// A fault of an expression, with its column.
public struct ExpressionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The expression's text.
  public let text: String
  /// The column, from 1.
  public let column: Int
  /// What was expected and what was found.
  public let problem: String

  /// A fault at a column of an expression.
  public init(text: String, column: Int, problem: String) {
    (self.text, self.column, self.problem) = (text, column, problem)
  }

  /// One line with the expression, the place and the problem.
  public var description: String {
    let shown = text.count > 80 ? "\(text.prefix(80))…" : text
    return "'\(shown)', column \(column): \(problem)"
  }
}
