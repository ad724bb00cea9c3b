import InterchangeBasics

/// The words before a statement.
public enum SentenceFrame: String, CaseIterable, Sendable {
  /// The statement alone: "The key near the cabinets".
  case bare
  /// The statement as a clause: "I think that the key near the cabinets".
  ///
  /// Small models solve more statements this way: their first token otherwise has no context.
  case clause
}

extension Question {
  /// A question of this library with other texts; a fault of them is a programmer's.
  func framed(_ patterns: [String]) -> Question {
    do {
      return try with(templates: patterns)
    } catch {
      programmerError("a question of the library: \(error)")
    }
  }
}
