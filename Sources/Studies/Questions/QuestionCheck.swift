import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeReports

/// A look at a question or a file of pairs before anything runs: examples, balance, the tokens of
/// each named part, and what a model solves.
///
/// ```swift
/// let check = try QuestionCheck("agreement")
/// print(check.tables[0].aligned)
/// ```
public struct QuestionCheck: Codable, Sendable {
  /// A pair as a reader sees it.
  public struct Example: Codable, Sendable {
    /// The base's text.
    public let base: String
    /// The base's own answer; nil where nothing says it.
    public let baseAnswer: String?
    /// The sources' texts.
    public let sources: [String]
    /// The answer after the interchange.
    public let label: String
    /// The named parts of base and sources.
    public let spans: [String: [String]]
  }

  /// A named part in the tokens of the first pair.
  public struct Span: Codable, Sendable {
    /// The part's name; "(all)" for the whole text.
    public let name: String
    /// The base's tokens, and each source's.
    public let tokens: [[String]]
    /// The first token's position in base and sources.
    public let positions: [Int]
    /// The share of pairs in which the part has as many tokens in base and sources.
    public let aligned: Double
  }

  /// What a model makes of a part of the pairs.
  public struct Solved: Codable, Sendable {
    /// "train" or "test".
    public let part: String
    /// The counts.
    public let check: TaskExamples.Check
  }

  /// The question's name.
  public let name: String
  /// What an interchange can change.
  public let variables: [String]
  /// What was changed here.
  public let variable: String
  /// The kind of thing that train and test don't share.
  public let disjoint: String
  /// The numbers of pairs to fit on and to measure on.
  public let counts: [String: Int]
  /// The pairs by their label.
  public let labels: [String: Int]
  /// The pairs by the base's own answer.
  public let baseAnswers: [String: Int]
  /// Some pairs.
  public let examples: [Example]
  /// The named parts in tokens; empty without a model.
  public let spans: [Span]
  /// What the model solves; empty without a model.
  public let solved: [Solved]
  /// What a user should know, a line each.
  public let notes: [String]

  /// Looks at what a name or a path stands for.
  ///
  /// - Parameters:
  ///   - variable: the name of what an interchange changes; the usual variable when nil
  ///   - count: pairs in all; as many as the source asks for, else 512
  ///   - shown: the number of examples
  ///   - model: the model whose tokens and answers are told
  /// - Throws: as the source, and `AlignmentError` when the model solves none of it.
  public init(
    _ name: String, changing variable: String? = nil, count: Int? = nil, shown: Int = 4,
    seed: UInt64 = 0, for model: LanguageModel? = nil
  ) throws {
    try self.init(
      PairSources.named(name), changing: variable, count: count, shown: shown, seed: seed,
      for: model)
  }

  /// Looks at a source of pairs; the parameters are those for a name.
  ///
  /// - Throws: as for a name.
  public init(
    _ source: any PairSource, changing variable: String? = nil, count: Int? = nil, shown: Int = 4,
    seed: UInt64 = 0, for model: LanguageModel? = nil
  ) throws {
    let count = count ?? source.usualCount ?? 512
    try requireMemory(2048 * Double(count), for: "\(count) pairs")
    let parts = try source.parts(PairWish(variable: variable, count: count, seed: seed))
    let pairs = parts.train + parts.test
    (name, variables) = (source.name, source.variables)
    (self.variable, disjoint) = (parts.variable, parts.disjoint)
    counts = ["train": parts.train.count, "test": parts.test.count]
    labels = Dictionary(grouping: pairs, by: \.label).mapValues(\.count)
    baseAnswers = Dictionary(grouping: pairs.compactMap(\.baseAnswer)) { $0 }.mapValues(\.count)
    examples = parts.train.prefix(shown).map(Example.init)
    spans = model.map { Span.all(pairs, $0) } ?? []
    solved =
      try model.map { model in
        let data = try TaskData(source, changing: variable, count: count, for: model, seed: seed)
        return [
          Solved(part: "train", check: data.train.check),
          Solved(part: "test", check: data.test.check),
        ]
      } ?? []
    notes =
      parts.notes
      + parts.dropped.sorted { $0.key < $1.key }.map { "\($0.value) pairs left out: \($0.key)" }
  }
}

extension QuestionCheck.Example {
  init(_ pair: TextPair) {
    let texts = [pair.base] + pair.sources
    self.init(
      base: pair.base.text, baseAnswer: pair.baseAnswer, sources: pair.sources.map(\.text),
      label: pair.label,
      spans: Dictionary(
        uniqueKeysWithValues: pair.base.spans.keys.map { name in
          (name, texts.map { text in text.spans[name].map(text.words) ?? "" })
        }))
  }
}

extension SpannedText {
  /// The words at UTF-8 offsets.
  fileprivate func words(at range: Range<Int>) -> String {
    String(decoding: Array(text.utf8)[range], as: UTF8.self)
  }
}

extension QuestionCheck.Span {
  /// The named parts of the first pair, in their order, then the whole text.
  static func all(_ pairs: [TextPair], _ model: LanguageModel) -> [Self] {
    guard let first = pairs.first else { return [] }
    let encoded = pairs.prefix(64).map { pair in
      ([pair.base] + pair.sources).map { (spanned: $0, text: model.encode($0.text)) }
    }
    let names = first.base.spans.sorted {
      ($0.value.lowerBound, $0.key) < ($1.value.lowerBound, $1.key)
    }
    func span(_ name: String, _ range: (SpannedText, EncodedText) -> Range<Int>?) -> Self {
      let ranges = encoded.map { texts in texts.map { range($0.spanned, $0.text) ?? 0..<0 } }
      return Self(
        name: name,
        tokens: zip(encoded[0], ranges[0]).map { text, range in
          text.text.ids[range].map(model.label)
        }, positions: ranges[0].map(\.lowerBound),
        aligned: Double(ranges.count { Set($0.map(\.count)).count == 1 }) / Double(ranges.count))
    }
    return names.map { name, _ in
      span(name) { spanned, text in spanned.spans[name].map { text.tokens(in: $0) } }
    } + [span("(all)") { _, text in 0..<text.length }]
  }
}
