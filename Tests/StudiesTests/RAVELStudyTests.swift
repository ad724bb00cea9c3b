import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// A method of the test's own: nothing is swapped.
private struct NothingMethod: AttributeMethod {
  static let name = "test-nothing"
  static let title = "nothing"
  static let summary = "no feature at all"

  init(_ settings: AttributeMethodSettings) {}

  func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let coordinates = CoordinateFeaturizer(width: training.rows.width)
    return AttributeFit(
      training.attributes.map {
        .init($0, FeaturizedInterchange(coordinates, features: []), size: 0)
      })
  }
}

/// RAVEL's pairs and scores on a small set of towns with a tiny random model.
///
/// A town's value is the one of two signs that the model prefers after it, and the signs are those
/// between which it wavers most: so there are towns of both that it knows.
@Suite struct RAVELStudyTests {
  private static let attributes = ["letter", "digit"]
  private static let signs = [
    "letter": "abcdefghijklmnopqrstuvwxyz".map(String.init),
    "digit": "0123456789".map(String.init),
  ]
  /// A prompt that ends in a space is followed by the bare value.
  private static let prompts: [(attribute: String, text: String, part: String)] = [
    ("letter", "a %s is ", "train"), ("letter", "so %s is ", "train"),
    ("letter", "oh %s is ", "test"), ("letter", "my %s is ", "test"),
    ("digit", "a %s has ", "train"), ("digit", "so %s has ", "train"),
    ("digit", "oh %s has ", "test"), ("digit", "my %s has ", "test"),
  ]

  private let place: TemporaryFolder
  private let model: LanguageModel
  private let folder: URL
  private let towns: [String]

  init() throws {
    place = try TemporaryFolder()
    model = try ArchitectureFixtures.languageModel("gpt2", in: place.url)
    folder = place.url.appending(component: "ravel")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var generator = RandomGenerator(seed: 3)
    var names: Set<String> = []
    while names.count < 120 {
      names.insert(
        String(
          (0..<4).map { _ in "bcdfghjklmnopqrstuvwxz".randomElement(using: &generator) ?? "b" }))
    }
    towns = names.sorted()
    try write()
  }

  /// The value of every town.
  private func values(of attribute: String) throws -> [String: String] {
    let prompts = Self.prompts.filter { $0.attribute == attribute }.map(\.text)
    let logits = try towns.map { town in
      try prompts.map { try self.logits(of: $0.replacing("%s", with: town)) }
    }
    let signs = Self.signs[attribute] ?? []
    let tokens = signs.map { model.tokenizer.encode($0, addingSpecialTokens: false)[0] }
    var best: (balance: Int, values: [String: String]) = (-1, [:])
    for first in signs.indices {
      for second in signs.indices.dropFirst(first + 1) {
        // The towns after which all prompts prefer the first, and the second.
        let votes = logits.map { prompts in
          prompts.count { $0[tokens[first]] > $0[tokens[second]] }
        }
        let balance = min(votes.count { $0 == prompts.count }, votes.count { $0 == 0 })
        guard balance > best.balance else { continue }
        best.balance = balance
        best.values = Dictionary(
          uniqueKeysWithValues: zip(towns, votes).map {
            ($0, signs[2 * $1 > prompts.count ? first : second])
          })
      }
    }
    return best.values
  }

  private func logits(of text: String) throws -> [Float] {
    let request = model.network.measuring([model.encode(text).input])
    return try #require(try model.network.run(request).logits).elements
  }

  private func write() throws {
    let values = try Self.attributes.map { try self.values(of: $0) }
    let contents: [String: Any] = [
      "entity_attributes": Dictionary(
        uniqueKeysWithValues: towns.map { town in
          (
            town,
            Dictionary(
              uniqueKeysWithValues: zip(Self.attributes, values).map { ($0, $1[town] ?? "") })
          )
        }),
      "attribute_to_prompts": Dictionary(grouping: Self.prompts, by: \.attribute)
        .mapValues { $0.map(\.text) },
      "entity_to_split": Dictionary(
        uniqueKeysWithValues: towns.enumerated().map { ($1, $0 % 2 == 0 ? "train" : "test") }),
      "prompt_to_split": Dictionary(
        uniqueKeysWithValues: Self.prompts.map { ($0.text, $0.part) }),
    ]
    for (name, value) in contents {
      let url = folder.appending(component: "ravel_town_\(name).json")
      try JSONSerialization.data(withJSONObject: value).write(to: url)
    }
  }

  private func pairs(
    _ ravel: RAVEL, change: (inout RAVELSampling) -> Void = { _ in }
  ) throws -> AttributePairs {
    var sampling = RAVELSampling()
    (sampling.entities, sampling.trainPairs, sampling.testPairs) = (60, 24, 16)
    change(&sampling)
    return try AttributePairs(ravel, attributes: Self.attributes, sampling: sampling, for: model)
  }

  private func text(_ input: ModelInput) -> String {
    model.tokenizer.decode(input.tokenIDs ?? [])
  }

  /// The prompt and the town of a text.
  private func parts(_ text: String) throws -> (attribute: String, part: String, town: String) {
    for prompt in Self.prompts {
      let sides = prompt.text.components(separatedBy: "%s")
      guard text.hasPrefix(sides[0]), text.hasSuffix(sides[1]) else { continue }
      let town = String(text.dropFirst(sides[0].count).dropLast(sides[1].count))
      if towns.contains(town) { return (prompt.attribute, prompt.part, town) }
    }
    throw AlignmentError.noExamples(reason: "no prompt of '\(text)'")
  }

  @Test("Pairs follow the rules of labels and of parts")
  func labels() throws {
    let ravel = try RAVEL(contentsOf: folder)
    let pairs = try pairs(ravel)
    for (part, examples) in pairs.examples {
      #expect(examples.count >= 32)
      for example in examples {
        let (pair, target) = (example.example, example.attribute)
        let base = try parts(text(pair.base))
        let source = try parts(text(pair.sources[0]))
        let entities: DataSplit = part == .entities ? .test : .train
        #expect(ravel.entityParts[base.town] == entities)
        #expect(ravel.entityParts[source.town] == entities)
        #expect(base.part == (part == .contexts ? "test" : "train"))
        #expect(source.part == base.part)
        #expect((base.attribute == target) == (example.aim == .cause))
        let (own, other) = (
          ravel.attributes[base.town]?[base.attribute],
          ravel.attributes[source.town]?[base.attribute]
        )
        #expect(own != other)
        let label = example.aim == .cause ? other : own
        #expect(model.tokenizer.decode([pair.label]) == label)
        #expect(model.tokenizer.decode([pair.baseLabel]) == own)
        // The model says the base's own value, ahead of all others of the attribute.
        let logits = try logits(of: text(pair.base))
        let known = Set(ravel.attributes.values.compactMap { $0[base.attribute] })
        #expect(pair.answers.count == known.count)
        for answer in pair.answers where answer != pair.baseLabel {
          #expect(logits[answer] < logits[pair.baseLabel])
        }
      }
    }
    for count in pairs.counts {
      let own = pairs.examples[count.part]?.filter { $0.attribute == count.attribute } ?? []
      #expect(count.causePairs == own.count { $0.aim == .cause })
      #expect(count.knownEntities <= count.entities && count.knownPrompts <= count.prompts)
      #expect(count.droppedAnswers == 0 && count.accuracy?.n == count.entities * count.prompts)
      #expect(count.droppedPairs == 0)
    }
  }

  /// Pairs of texts that lack the position aren't made, and are counted.
  @Test func pairsWithoutThePosition() throws {
    // The last place of the shortest texts, "a … is ", is one before it; others have it.
    let index = model.encode("a \(towns[0]) is ").length
    var sampling = RAVELSampling()
    (sampling.entities, sampling.trainPairs, sampling.testPairs) = (60, 24, 16)
    let pairs = try AttributePairs(
      RAVEL(contentsOf: folder), attributes: Self.attributes, sampling: sampling,
      positions: .index(index), for: model)
    for example in pairs.examples.values.joined() {
      #expect(example.example.base.length > index)
      #expect(example.example.sources[0].length > index)
    }
    for count in pairs.counts {
      // The prompts of the other part are longer.
      let isComplete = count.part == .contexts
      #expect((count.droppedPairs == 0) == isComplete, "\(count)")
    }
  }

  /// The accuracy of an attribute's pairs under a full swap, pair by pair.
  private func plain(
    _ examples: [AttributeExample], _ attribute: String, _ aim: AttributeExample.Aim, _ site: Site
  ) throws -> (correct: Int, n: Int) {
    var (correct, n) = (0, 0)
    for example in examples where example.attribute == attribute && example.aim == aim {
      let pair = example.example
      let from = try #require(pair.sourceSpans[0]["entity"]).upperBound - 1
      let to = try #require(pair.baseSpans["entity"]).upperBound - 1
      let row = try model.network.activations(at: site, [pair.sources[0]], positions: [[from]])
      let edit = Edit(Cells(site, positions: [[to]])) { _ in row }
      let logits = try #require(
        try model.network.run(model.network.measuring([pair.base], edits: [edit])).logits
      ).elements
      let isRight = pair.answers.allSatisfy { $0 == pair.label || logits[$0] < logits[pair.label] }
      (correct, n) = (correct + (isRight ? 1 : 0), n + 1)
    }
    return (correct, n)
  }

  @Test("Scores of every method; the full vector's pair by pair")
  func scores() throws {
    let pairs = try pairs(try RAVEL(contentsOf: folder))
    let site = Site.blockOutput(0, .endOfSpan("entity"))
    AttributeMethods.register(NothingMethod.self)
    #expect(throws: AlignmentError.self) { try AttributeMethods.named("test-none") }
    var comparison = AttributeComparison(sites: [site], methods: AttributeMethods.all)
    comparison.choices.rank = 2
    comparison.choices.autoencoder.features = 16
    comparison.choices.autoencoder.active = 4
    comparison.choices.autoencoder.steps = 20
    comparison.training.budget = .steps(6)
    comparison.seeds = 2
    let study = try RAVELStudy(comparison, of: model, on: pairs)
    #expect(study.methods.map(\.name) == AttributeMethods.all.map { $0.name })
    for method in study.methods {
      #expect(method.selfSwapChange == 0, "\(method.name)")
      let type = try AttributeMethods.named(method.name)
      #expect(method.runs.count == (type.isSeeded ? 2 : 1) && method.randomModel != nil)
    }
    let full = try #require(study.methods.first { $0.name == FullVectorMethod.name })
    let nothing = try #require(study.methods.first { $0.name == NothingMethod.name })
    for part in AttributePairs.Part.held {
      var means: [Double] = []
      for attribute in Self.attributes {
        let report = try #require(
          full.runs[0].parts.first { $0.part == part }?.attributes
            .first { $0.attribute == attribute })
        let examples = pairs.examples[part] ?? []
        let cause = try plain(examples, attribute, .cause, site)
        let leave = try plain(examples, attribute, .leave, site)
        #expect(report.cause?.correct == cause.correct && report.cause?.n == cause.n)
        #expect(report.leave?.correct == leave.correct && report.leave?.n == leave.n)
        means.append(
          (Double(cause.correct) / Double(cause.n) + Double(leave.correct) / Double(leave.n)) / 2)
        let none = try #require(nothing.scores(part, attribute))
        #expect(none.cause.value == 0 && none.isolation.value == 1)
      }
      let score = try #require(full.scores(part)).disentangle
      #expect(abs(score.value - (means[0] + means[1]) / 2) < 1e-12)
      #expect(score.interval[0] <= score.value && score.value <= score.interval[1])
      #expect(nothing.scores(part)?.disentangle.value == 0.5)
    }
    // What a record holds is what was measured, and draws the same.
    let read = try JSONDecoder().decode(RAVELStudy.self, from: JSONEncoder().encode(study))
    #expect(read.table == study.table && read.dataTables == study.dataTables)
    #expect(read.figures().map(\.name) == ["ravel", "ravel-entities", "ravel-contexts"])
    #expect(study.remarks.contains { $0.contains("unseen entities, in the published order") })
  }

  @Test("A missing file, an unknown attribute and too few pairs are named")
  func refusals() throws {
    let ravel = try RAVEL(contentsOf: folder)
    #expect {
      try AttributePairs(ravel, attributes: ["letter", "mayor"], for: model)
    } throws: {
      "\($0)".contains("mayor") && "\($0)".contains("letter")
    }
    #expect {
      try AttributePairs(ravel, attributes: ["letter"], for: model)
    } throws: {
      "\($0)".contains("at least two")
    }
    #expect {
      try pairs(ravel) { $0.testPairs = 7 }
    } throws: {
      "\($0)".contains("test pairs: expected at least 8, found 7")
    }
    // One unseen town has no other to be swapped with.
    let split = Dictionary(
      uniqueKeysWithValues: towns.enumerated().map { ($1, $0 == 0 ? "test" : "train") })
    try JSONSerialization.data(withJSONObject: split).write(
      to: folder.appending(component: "ravel_town_entity_to_split.json"))
    #expect {
      try pairs(try RAVEL(contentsOf: folder))
    } throws: {
      "\($0)".contains("too few pairs of letter: 0 that cause")
        && "\($0)".contains("0 that leave of the unseen entities")
        && "\($0)".contains("of 1 entities") && "\($0)".contains("; digit: ")
    }
    try FileManager.default.removeItem(
      at: folder.appending(component: "ravel_town_prompt_to_split.json"))
    #expect {
      try RAVEL(contentsOf: folder)
    } throws: {
      "\($0)".contains("ravel_town_prompt_to_split.json")
    }
    #expect {
      try RAVEL(contentsOf: place.url)
    } throws: {
      "\($0)".contains("RAVEL")
    }
  }

  @Test("An attribute that no prompt asks for is refused by name")
  func attributeWithoutPrompts() throws {
    let url = folder.appending(component: "ravel_town_attribute_to_prompts.json")
    let prompts: [String: [String]] = [
      "letter": Self.prompts.filter { $0.attribute == "letter" }.map(\.text), "digit": [],
    ]
    try JSONSerialization.data(withJSONObject: prompts).write(to: url)
    #expect {
      try pairs(try RAVEL(contentsOf: folder))
    } throws: {
      "\($0)".contains("too few pairs") && "\($0)".contains("digit")
    }
  }

  /// η² of features by hand: between groups by all.
  @Test func explainedVariance() {
    let rows = Tensor(rows: [[1, 0, 2], [3, 0, 2], [5, 1, 2], [7, 1, 2]])
    let shares = FeatureChoice.explained(rows, by: ["x", "x", "y", "y"])
    // Means 2 and 6 about 4: 4 · 4 = 16 of 9 + 1 + 1 + 9 = 20.
    #expect(abs(shares[0] - 0.8) < 1e-12 && shares[1] == 1 && shares[2] == 0)
    #expect(FeatureChoice.sizes(upTo: 5) == [1, 2, 4, 5] && FeatureChoice.sizes(upTo: 1) == [1])
    #expect(FeatureChoice.sizes(upTo: 0).isEmpty)
  }
}
