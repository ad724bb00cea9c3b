/// A fault of a document that a user wrote, with its place.
public struct DocumentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or the name that was given to a text.
  public let source: String
  /// The line, from 1; 0 where it isn't known.
  public let line: Int
  /// The field, such as `variables.verb`; empty for the document as a whole.
  public let place: String
  /// What was expected and what was found.
  public let problem: String

  /// A fault at a place.
  public init(source: String, line: Int = 0, place: String = "", problem: String) {
    (self.source, self.line, self.place, self.problem) = (source, line, place, problem)
  }

  /// One line with the place and the problem.
  public var description: String {
    [source, line > 0 ? "line \(line)" : "", place, problem].filter { !$0.isEmpty }
      .joined(separator: ": ")
  }
}
