/// A fault of a vocabulary or a tokenizer file.
public struct TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or "vocabulary" for one that came as a ``VocabularyDescription``.
  public var source: String

  /// The faulty key, e.g. `tokenizer.ggml.scores` or `model.merges[12]`; empty for the whole
  /// file.
  public var field: String

  /// The content that the field should have.
  public var expected: String

  /// The content that it has.
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
