import InterchangeBasics
import InterchangeCausalModels
import InterchangeDatasets
import InterchangeModels

/// The choice of RAVEL's pairs.
public struct RAVELSampling: Codable, Sendable, Equatable {
  /// Entities of each part that the model is asked about, at random.
  public var entities = 80
  /// Prompts of each attribute and part, at most, at random.
  public var prompts = 8
  /// Pairs of each attribute and aim to fit on.
  public var trainPairs = 192
  /// The same to measure on, in each part.
  public var testPairs = 96
  public var seed: UInt64 = 0

  /// The usual numbers.
  public init() {}

  func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(entities >= 2, "entities", "at least 2", entities)
    try check(prompts >= 1, "prompts", "at least 1", prompts)
    let least = AttributePairs.minimum
    try check(trainPairs >= least, "training pairs", "at least \(least)", trainPairs)
    try check(testPairs >= least, "test pairs", "at least \(least)", testPairs)
  }
}

extension AttributePairs {
  /// RAVEL's pairs for a model.
  ///
  /// Entities are preferred whose values of all attributes are single tokens. A pair's base asks
  /// for an attribute of an entity; its source is any prompt of the part with another entity, whose
  /// value of the attribute that the base asks for is another one. Both are texts that the model
  /// answers right, and it knows the source's value of what the base asks: it answers one of the
  /// part's prompts right. The label of a pair that should cause is that value, of one that should
  /// leave the base's own, which asks for another attribute. Of both the values are drawn alike
  /// often. An answer is right that is ahead of all other values of its attribute.
  ///
  /// - Parameters:
  ///   - attributes: at least two of the data's
  ///   - positions: the places that will be swapped: only pairs are drawn that have as many in base
  ///     and source
  ///   - progress: called with the texts that are judged and their number
  /// - Throws: ``AlignmentError`` for an unknown attribute, and naming those with too few pairs.
  public init(
    _ ravel: RAVEL, attributes: [String], sampling: RAVELSampling = RAVELSampling(),
    positions: Positions = .endOfSpan("entity"), for model: LanguageModel,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    try sampling.validate()
    try Self.validate(attributes)
    for attribute in attributes where ravel.prompts[attribute] == nil {
      throw AlignmentError.invalidSetting(
        name: "attribute", expected: ravel.attributeNames.joined(separator: ", "),
        found: attribute)
    }
    let pairs = sampling.trainPairs + 2 * sampling.testPairs
    try requireMemory(
      2048 * Double(pairs) * Double(2 * attributes.count), for: "\(pairs) pairs of each attribute")
    var generator = SplitMix64(seed: sampling.seed)
    var tokens = AnswerTokens(ravel, attributes: attributes, model)
    func entities(_ part: DataSplit) throws -> [String] {
      let all = ravel.entities(of: part).shuffled(using: &generator)
      // Of others the model can't be asked everything.
      let usable = try all.filter { entity in
        try attributes.allSatisfy { attribute in
          try ravel.prompts(of: attribute, in: .train).first.map {
            try tokens.query(ravel.query(entity, attribute, $0)) != nil
          } ?? false
        }
      }
      let first = Set(usable)
      return (usable + all.filter { !first.contains($0) }).prefix(sampling.entities).sorted()
    }
    let (seen, unseen) = (try entities(.train), try entities(.test))
    let prompts = [DataSplit.train, .test].map { split in
      Dictionary(
        attributes.map { attribute in
          let all = ravel.prompts(of: attribute, in: split)
          return (
            attribute, Array(all.shuffled(using: &generator).prefix(sampling.prompts)).sorted()
          )
        }
      ) { first, _ in first }
    }
    let places: [(part: Part, entities: [String], prompts: [String: [String]])] = [
      (.train, seen, prompts[0]), (.entities, unseen, prompts[0]), (.contexts, seen, prompts[1]),
    ]
    let all = try places.map { place in
      try attributes.flatMap { attribute in
        try (place.prompts[attribute] ?? []).flatMap { prompt in
          try place.entities.compactMap { try tokens.query(ravel.query($0, attribute, prompt)) }
        }
      }
    }
    let total = all.reduce(0) { $0 + $1.count }
    let run = InterchangeRun(
      model: model.network, store: ActivationStore(budget: 1 << 20), batchSize: 32)
    var (done, examples, counts, known) = (0, [Part: [AttributeExample]](), [Count](), [Known]())
    for ((part, entities, prompts), queries) in zip(places, all) {
      var solved: [EncodedQuery] = []
      var right: [String: Int] = [:]
      for batch in queries.chunked(run.batchSize) {
        let outcomes = try run.outcomes(
          of: batch.map(\.input), answers: batch.map(\.compared))
        for (query, outcome) in zip(batch, outcomes) where outcome.isCorrect {
          solved.append(query)
          right[query.query.attribute, default: 0] += 1
        }
        done += batch.count
        progress(done, total)
      }
      if part == .train {
        known = solved.map { query in
          Known(
            input: query.input, spans: query.spans,
            values: (ravel.attributes[query.query.entity] ?? [:]).filter {
              attributes.contains($0.key)
            })
        }
      }
      var drawing = PairDrawing(
        solved, attributes: attributes, ravel, tokens, PairPlaces(positions))
      let count = part == .train ? sampling.trainPairs : sampling.testPairs
      var drawn: [AttributeExample] = []
      for attribute in attributes {
        let dropped = drawing.droppedPlaces
        for aim in AttributeExample.Aim.allCases {
          drawn += drawing.examples(count, attribute, aim, using: &generator)
        }
        let own = drawn.filter { $0.attribute == attribute }
        let ofAttribute = solved.filter { $0.query.attribute == attribute }
        let asked = queries.count { $0.query.attribute == attribute }
        let texts = prompts[attribute]?.count ?? 0
        counts.append(
          Count(
            attribute: attribute, part: part, entities: entities.count,
            knownEntities: Set(ofAttribute.map(\.query.entity)).count, prompts: texts,
            knownPrompts: Set(ofAttribute.map(\.query.prompt)).count,
            values: Set(entities.compactMap { ravel.attributes[$0]?[attribute] }).count,
            droppedAnswers: texts * entities.count - asked,
            droppedPairs: drawing.droppedPlaces - dropped,
            accuracy: asked == 0
              ? nil : Accuracy(correct: right[attribute] ?? 0, n: asked),
            causePairs: own.count { $0.aim == .cause },
            isolationPairs: own.count { $0.aim == .leave },
            constantCause: own.constantAnswer(.cause),
            constantIsolation: own.constantAnswer(.leave)))
      }
      examples[part] = drawn
    }
    try self.init(
      name: ravel.name, attributes: attributes, examples: examples, known: known, counts: counts)
  }
}

extension [AttributeExample] {
  /// The share of an aim's most frequent label.
  func constantAnswer(_ aim: AttributeExample.Aim) -> Double? {
    let labels = filter { $0.aim == aim }.map(\.example.label)
    let most = Dictionary(grouping: labels) { $0 }.values.map(\.count).max()
    return most.map { Double($0) / Double(labels.count) }
  }
}
