import InterchangeCausalModels
import InterchangeModels

/// A prompt as a model reads it.
struct EncodedQuery {
  let query: RAVEL.Query
  let input: ModelInput
  let spans: [String: Range<Int>]
  /// The answer's token, and those of all values of the attribute.
  let compared: ComparedAnswers
}

/// The tokens of attributes' values after prompts.
struct AnswerTokens {
  private let model: LanguageModel
  /// The values of each attribute, sorted.
  private let values: [String: [String]]
  private var known: [String: [String: Int]] = [:]

  init(_ ravel: RAVEL, attributes: [String], _ model: LanguageModel) {
    self.model = model
    values = Dictionary(
      attributes.map { attribute in
        (attribute, Set(ravel.attributes.values.compactMap { $0[attribute] }).sorted())
      }
    ) { first, _ in first }
  }

  /// A query that the model can be asked; nil where its answer is no single token, or no other
  /// value is one.
  mutating func query(_ query: RAVEL.Query?) throws -> EncodedQuery? {
    guard let query else { return nil }
    let tokens = of(query)
    guard let label = tokens[query.answer], Set(tokens.values).count > 1 else { return nil }
    let text = model.encode(query.text.text)
    return EncodedQuery(
      query: query, input: text.input, spans: query.text.spans.mapValues { text.tokens(in: $0) },
      compared: ComparedAnswers(label: label, answers: Set(tokens.values).sorted()))
  }

  /// The token of each answer after a query's text that is one token there. They depend on the
  /// end of the text alone.
  mutating func of(_ query: RAVEL.Query) -> [String: Int] {
    let end = query.prompt.hasSuffix("%s") ? query.text.text : query.prompt
    let key = query.attribute + "\n" + end
    if let found = known[key] { return found }
    let space = query.answer.hasPrefix(" ") ? " " : ""
    var tokens: [String: Int] = [:]
    for value in values[query.attribute] ?? [] {
      let answer = space + value
      tokens[answer] = try? model.answerTokens([answer], after: query.text.text)[0]
    }
    known[key] = tokens
    return tokens
  }
}

/// Draws pairs of solved queries.
struct PairDrawing {
  private let attributes: [String]
  private let ravel: RAVEL
  private var tokens: AnswerTokens
  private let places: PairPlaces
  /// The solved queries of each attribute by their value.
  private let bases: [String: [String: [EncodedQuery]]]
  /// The solved queries of each entity, whatever they ask.
  private let sources: [String: [EncodedQuery]]
  /// The entities whose value of an attribute the model knows, by value.
  private let known: [String: [String: [String]]]
  /// Pairs that were left out because a text lacks a position, or the two texts have different
  /// numbers of them.
  private(set) var droppedPlaces = 0

  init(
    _ solved: [EncodedQuery], attributes: [String], _ ravel: RAVEL, _ tokens: AnswerTokens,
    _ places: PairPlaces
  ) {
    (self.attributes, self.ravel, self.tokens, self.places) = (attributes, ravel, tokens, places)
    func value(_ query: EncodedQuery) -> String {
      ravel.attributes[query.query.entity]?[query.query.attribute] ?? ""
    }
    bases = Dictionary(grouping: solved, by: \.query.attribute).mapValues {
      Dictionary(grouping: $0, by: value)
    }
    sources = Dictionary(grouping: solved, by: \.query.entity)
    known = bases.mapValues { values in
      values.mapValues { Set($0.map(\.query.entity)).sorted() }
    }
  }

  /// Different pairs of an attribute and an aim, at most `count`.
  mutating func examples(
    _ count: Int, _ attribute: String, _ aim: AttributeExample.Aim,
    using generator: inout some RandomNumberGenerator
  ) -> [AttributeExample] {
    let asked = aim == .cause ? [attribute] : attributes.filter { $0 != attribute }
    var seen: Set<[String]> = []
    var examples: [AttributeExample] = []
    // Draws in a row that gave no other pair.
    var misses = 0
    while examples.count < count, misses < 2000 {
      misses += 1
      guard let ask = asked.randomElement(using: &generator), let values = bases[ask],
        let value = values.keys.sorted().randomElement(using: &generator),
        let base = values[value]?.randomElement(using: &generator),
        let other = values.keys.filter({ $0 != value }).sorted().randomElement(using: &generator),
        let entity = known[ask]?[other]?.randomElement(using: &generator),
        let source = sources[entity]?.randomElement(using: &generator),
        let label = label(other, after: base),
        seen.insert([base.query.text.text, source.query.text.text]).inserted
      else { continue }
      let example = AlignmentExample(
        base: base.input, sources: [source.input], baseSpans: base.spans,
        sourceSpans: [source.spans], label: label, answers: base.compared.answers,
        baseLabel: base.compared.label)
      guard (try? example.naming(places)) != nil else {
        droppedPlaces += 1
        continue
      }
      examples.append(AttributeExample(attribute, aim, example))
      misses = 0
    }
    return examples
  }

  /// The token of another value after a base's text; nil where it has none, or the base's own.
  private mutating func label(_ value: String, after base: EncodedQuery) -> Int? {
    let space = base.query.answer.hasPrefix(" ") ? " " : ""
    let token = tokens.of(base.query)[space + value]
    return token == base.compared.label ? nil : token
  }
}
