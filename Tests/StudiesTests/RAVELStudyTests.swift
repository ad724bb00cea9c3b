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
@Suite struct RAVELStudyTests {
  private let fixture: RAVELTowns

  init() throws { fixture = try RAVELTowns() }

  @Test("Pairs follow the rules of labels and of parts")
  func labels() throws {
    let ravel = try RAVEL(contentsOf: fixture.folder)
    let pairs = try fixture.pairs(ravel)
    for (part, examples) in pairs.examples {
      #expect(examples.count >= 32)
      for example in examples {
        let (pair, target) = (example.example, example.attribute)
        let base = try fixture.parts(fixture.text(pair.base))
        let source = try fixture.parts(fixture.text(pair.sources[0]))
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
        #expect(fixture.model.tokenizer.decode([pair.label]) == label)
        #expect(fixture.model.tokenizer.decode([pair.baseLabel]) == own)
        // The model says the base's own value, ahead of all others of the attribute.
        let logits = try fixture.logits(of: fixture.text(pair.base))
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
    let index = fixture.model.encode("a \(fixture.towns[0]) is ").length
    var sampling = RAVELSampling()
    (sampling.entities, sampling.trainPairs, sampling.testPairs) = (60, 24, 16)
    let pairs = try AttributePairs(
      RAVEL(contentsOf: fixture.folder), attributes: RAVELTowns.attributes, sampling: sampling,
      positions: .index(index), for: fixture.model)
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

  @Test("Scores of every method; the full vector's pair by pair")
  func scores() throws {
    let pairs = try fixture.pairs(try RAVEL(contentsOf: fixture.folder))
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
    let study = try RAVELStudy(comparison, of: fixture.model, on: pairs)
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
      for attribute in RAVELTowns.attributes {
        let report = try #require(
          full.runs[0].parts.first { $0.part == part }?.attributes
            .first { $0.attribute == attribute })
        let examples = pairs.examples[part] ?? []
        let cause = try fixture.plain(examples, attribute, .cause, site)
        let leave = try fixture.plain(examples, attribute, .leave, site)
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

  @Test("Each method's own layer is that of its Disentangle on every fourth training pair")
  func ownLayers() throws {
    let pairs = try fixture.pairs(try RAVEL(contentsOf: fixture.folder))
    let sites = (0..<fixture.model.layers).map { Site.blockOutput($0, .endOfSpan("entity")) }
    var comparison = AttributeComparison(sites: sites, methods: [FullVectorMethod.self])
    (comparison.hasOwnSites, comparison.hasRandomModel) = (true, false)
    let study = try RAVELStudy(comparison, of: fixture.model, on: pairs)
    let method = try #require(study.methods.first)
    let layers = try #require(method.layers)
    let train = pairs.examples[.train] ?? []
    var aside: [AttributeExample] = []
    for attribute in RAVELTowns.attributes {
      for aim in AttributeExample.Aim.allCases {
        let own = train.filter { $0.attribute == attribute && $0.aim == aim }
        aside += own.indices.filter { $0 % 4 == 3 }.map { own[$0] }
      }
    }
    for (site, score) in zip(sites, layers) {
      var shares: [Double] = []
      for attribute in RAVELTowns.attributes {
        for aim in AttributeExample.Aim.allCases {
          let (correct, n) = try fixture.plain(aside, attribute, aim, site)
          shares.append(Double(correct) / Double(n))
        }
      }
      let mean = shares.reduce(0, +) / Double(shares.count)
      #expect(abs(score.score.value - mean) < 1e-12, "\(site)")
    }
    let values = layers.map(\.score.value)
    let best = try #require(values.firstIndex(of: values.max() ?? 0))
    #expect(method.site == sites[best].description && study.choice == nil)
    #expect(study.site.contains("own layer"))
    #expect(study.table.header.last == "site" && study.figures().last?.name == "ravel-layers")
    // A single site is no choice.
    comparison.sites = [sites[0]]
    let alone = try RAVELStudy(comparison, of: fixture.model, on: pairs)
    #expect(alone.methods[0].layers == nil && alone.site == sites[0].description)
  }

  @Test("A missing file, an unknown attribute and too few pairs are named")
  func refusals() throws {
    let ravel = try RAVEL(contentsOf: fixture.folder)
    #expect {
      try AttributePairs(ravel, attributes: ["letter", "mayor"], for: fixture.model)
    } throws: {
      "\($0)".contains("mayor") && "\($0)".contains("letter")
    }
    #expect {
      try AttributePairs(ravel, attributes: ["letter"], for: fixture.model)
    } throws: {
      "\($0)".contains("at least two")
    }
    #expect {
      try fixture.pairs(ravel) { $0.testPairs = 7 }
    } throws: {
      "\($0)".contains("test pairs: expected at least 8, found 7")
    }
    // One unseen town has no other to be swapped with.
    let split = Dictionary(
      uniqueKeysWithValues: fixture.towns.enumerated().map { ($1, $0 == 0 ? "test" : "train") })
    try JSONSerialization.data(withJSONObject: split).write(
      to: fixture.folder.appending(component: "ravel_town_entity_to_split.json"))
    #expect {
      try fixture.pairs(try RAVEL(contentsOf: fixture.folder))
    } throws: {
      "\($0)".contains("too few pairs of letter: 0 that cause")
        && "\($0)".contains("0 that leave of the unseen entities")
        && "\($0)".contains("of 1 entities") && "\($0)".contains("; digit: ")
    }
    try FileManager.default.removeItem(
      at: fixture.folder.appending(component: "ravel_town_prompt_to_split.json"))
    #expect {
      try RAVEL(contentsOf: fixture.folder)
    } throws: {
      "\($0)".contains("ravel_town_prompt_to_split.json")
    }
    #expect {
      try RAVEL(contentsOf: fixture.place.url)
    } throws: {
      "\($0)".contains("RAVEL")
    }
  }

  @Test("An attribute that no prompt asks for is refused by name")
  func attributeWithoutPrompts() throws {
    let url = fixture.folder.appending(component: "ravel_town_attribute_to_prompts.json")
    let prompts: [String: [String]] = [
      "letter": RAVELTowns.prompts.filter { $0.attribute == "letter" }.map(\.text), "digit": [],
    ]
    try JSONSerialization.data(withJSONObject: prompts).write(to: url)
    #expect {
      try fixture.pairs(try RAVEL(contentsOf: fixture.folder))
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
