/// A text with the places of its named parts.
public struct SpannedText: Hashable, Sendable {
  /// The text.
  public var text: String
  /// The places of named parts, as ranges of UTF-8 offsets.
  public var spans: [String: Range<Int>]

  /// A text with its parts.
  public init(_ text: String, spans: [String: Range<Int>] = [:]) {
    (self.text, self.spans) = (text, spans)
  }
}

/// A base, its sources, and the answer that base should have after the interchange: all that an
/// experiment needs to know, wherever the pairs come from.
public struct TextPair: Hashable, Sendable {
  /// The text that is run and changed.
  public var base: SpannedText
  /// The texts that values are taken from, one for each variable.
  public var sources: [SpannedText]
  /// The answer that base should have after the interchange.
  public var label: String
  /// The answers that are compared, the label among them.
  public var answers: [String]
  /// The base's own answer; nil where only the model knows it.
  public var baseAnswer: String?
  /// Each source's own answer; nil where only the model knows it.
  public var sourceAnswers: [String?]

  /// A pair of these parts.
  public init(
    base: SpannedText, sources: [SpannedText], label: String, answers: [String],
    baseAnswer: String? = nil, sourceAnswers: [String?]? = nil
  ) {
    (self.base, self.sources, self.label) = (base, sources, label)
    (self.answers, self.baseAnswer) = (answers, baseAnswer)
    self.sourceAnswers = sourceAnswers ?? sources.map { _ in nil }
  }
}

extension CounterfactualDataset<Prompt> {
  /// The examples as pairs of texts.
  public var pairs: [TextPair] {
    map { example in
      TextPair(
        base: SpannedText(example.base.text, spans: example.base.spans),
        sources: example.sources.map { SpannedText($0.text, spans: $0.spans) },
        label: example.label, answers: example.answers, baseAnswer: example.base.answer,
        sourceAnswers: example.sources.map(\.answer))
    }
  }
}
