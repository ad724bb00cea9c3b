/// The words before a statement.
public enum SentenceFrame: String, CaseIterable, Sendable {
  /// The statement alone: "The key near the cabinets".
  case bare
  /// The statement as a clause: "I think that the key near the cabinets".
  ///
  /// Small models solve more statements this way: their first token otherwise has no context.
  case clause

  /// The words before the statement's "the"; all openings of a frame have the same length.
  var openings: [String] {
    switch self {
    case .bare: [""]
    case .clause: ["You know that", "We know that", "I know that", "We learned that"]
    }
  }
}
