/// What is wrong with a vocabulary or a tokenizer file.
public struct TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or "vocabulary" for one that came as a ``VocabularyDescription``.
  public var source: String

  /// The key that is wrong, e.g. `tokenizer.ggml.scores` or `model.merges[12]`; empty for the whole
  /// file.
  public var field: String

  /// What the field should hold.
  public var expected: String

  /// What it holds.
  public var found: String

  /// Makes an error from its four parts.
  public init(source: String, field: String, expected: String, found: String) {
    self.source = source
    self.field = field
    self.expected = expected
    self.found = found
  }

  /// One line: source, field, expected and found.
  public var description: String {
    let place = field.isEmpty ? source : "\(source): \(field)"
    return "\(place): expected \(expected), found \(found)"
  }
}
