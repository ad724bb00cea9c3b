import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// Methods on the variables of tasks, with a tiny random model whose own answers are the pairs'.
@Suite struct MIBStudyTests {
  private let place: TemporaryFolder
  private let model: LanguageModel

  init() throws {
    place = try TemporaryFolder()
    model = try ArchitectureFixtures.languageModel("gpt2", in: place.url)
  }

  /// A file of pairs: the label is what the model itself says after the source, one of two letters
  /// between which it wavers.
  ///
  /// - Parameter baseLabel: the answer that a base should have by itself, after what the model says
  private func pairs(
    _ name: String, baseLabel: (_ own: String, _ other: String) -> String
  ) throws -> String {
    var generator = RandomGenerator(seed: 5)
    let texts = (0..<160).map { _ in
      String((0..<5).map { _ in "bcdfghjklmnpqrst".randomElement(using: &generator) ?? "b" })
    }
    let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    let tokens = letters.map { model.tokenizer.encode($0, addingSpecialTokens: false)[0] }
    let logits = try texts.map { text in
      let request = model.network.measuring([model.encode(text).input])
      let all = try #require(try model.network.run(request).logits).elements
      return tokens.map { all[$0] }
    }
    var best = (balance: -1, first: 0, second: 1)
    for first in letters.indices {
      for second in letters.indices.dropFirst(first + 1) {
        let count = logits.count { $0[first] > $0[second] }
        let balance = min(count, texts.count - count)
        if balance > best.balance { best = (balance, first, second) }
      }
    }
    let answers = [letters[best.first], letters[best.second]]
    let said = logits.map { answers[$0[best.first] > $0[best.second] ? 0 : 1] }
    let sides = answers.map { answer in texts.indices.filter { said[$0] == answer } }
    let count = min(sides[0].count, sides[1].count)
    #expect(count > 12, "the model wavers between no two letters")
    var lines: [String] = []
    for index in 0..<count {
      for (own, other) in [(0, 1), (1, 0)] {
        let row = [
          "base": texts[sides[own][index]], "source": texts[sides[other][index]],
          "label": answers[other], "base_label": baseLabel(answers[own], answers[other]),
          "split": index % 2 == 0 ? "train" : "test",
        ]
        let data = try JSONSerialization.data(withJSONObject: row, options: .sortedKeys)
        lines.append(String(decoding: data, as: UTF8.self))
      }
    }
    let file = place.url.appending(component: "\(name).jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    return file.path
  }

  @Test("The whole vector of the last layer brings the source's answer; every method has a score")
  func scores() throws {
    let solved = try pairs("solved") { own, _ in own }
    let wrong = try pairs("wrong") { _, other in other }
    var comparison = AttributeComparison(
      sites: [0, model.layers - 1].map { .blockOutput($0, .last) },
      methods: [
        FullVectorMethod.self, MaskMethod.self, MaskedComponentMethod.self,
        MaskedAutoencoderMethod.self, RotationMethod.self,
      ])
    comparison.choices.rank = 2
    (comparison.choices.autoencoder.features, comparison.choices.autoencoder.active) = (16, 4)
    comparison.choices.autoencoder.steps = 20
    comparison.training.budget = .steps(6)
    comparison.seeds = 2
    let tasks = try ["mine=\(solved)", "wrong=\(wrong)"].map { try MIBTask(parsing: $0) }
    let study = try MIBComparison(tasks: tasks, comparison).run(model)
    // What the model answers otherwise than the data say is left out by name.
    #expect(study.omissions.map(\.task) == ["wrong"])
    #expect(study.omissions[0].reason.contains("by themselves 0 % of bases"))
    #expect(study.rows.count == 1)
    let row = try #require(study.rows.first)
    let choice = try #require(row.choice)
    #expect(choice.map(\.layer) == [0, model.layers - 1])
    #expect(row.test.baseAccuracy?.value == 1 && !row.isUnsolvedForTest)
    #expect(row.methods.map(\.name) == comparison.methods.map { $0.name })
    for method in row.methods {
      #expect(method.selfSwapChange == 0, "\(method.name)")
      #expect(method.runs.count == (method.name == "full" ? 1 : 2), "\(method.name)")
      let score = try #require(method.cause(.test))
      #expect((0...1).contains(score.value) && method.scores(.test) == nil, "\(method.name)")
      #expect(method.randomCause(.test) != nil, "\(method.name)")
    }
    // The last position's vector after the last block decides the output alone.
    #expect(choice[1].score.value == 1)
    #expect(row.site.contains(choice[0].score.value == 1 ? "0" : "\(model.layers - 1)"))
    if choice[0].score.value < 1 { #expect(row.methods[0].cause(.test)?.value == 1) }
    #expect(row.methods.allSatisfy { $0.site == row.site && $0.layers == nil })

    // The record is read as it was written, and every table and figure can be made.
    let data = try JSONEncoder().encode(RunResults(study))
    let again = try #require(try JSONDecoder().decode(RunResults.self, from: data).mib)
    #expect(again.table == study.table && again.omissions == study.omissions)
    // An earlier record has accuracies in the place of the layers' scores.
    var record = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(study)) as? [String: Any])
    var rows = try #require(record["rows"] as? [[String: Any]])
    rows[0]["layers"] = [["layer": 0, "cause": ["correct": 1, "n": 2]]]
    record["rows"] = rows
    let earlier = try JSONDecoder().decode(
      MIBStudy.self, from: JSONSerialization.data(withJSONObject: record))
    #expect(earlier.rows[0].choice?.map(\.score.value) == [0.5])
    #expect(earlier.figures().map(\.name) == ["mib"])
    #expect(study.table.rows.count == 6 && study.tables.count == 4)
    #expect(study.measures.count == 5)
    #expect(study.figures().map(\.name) == ["mib", "mib-layers"])
  }

  @Test("Each method's own layer is the best of fits to three quarters of the training pairs")
  func ownLayers() throws {
    let task = try MIBTask(parsing: "mine=\(try pairs("own") { own, _ in own })")
    let sites = [0, model.layers - 1].map { Site.blockOutput($0, .last) }
    let methods: [any AttributeMethod.Type] = [FullVectorMethod.self, RotationMethod.self]
    var comparison = AttributeComparison(sites: sites, methods: methods)
    (comparison.choices.rank, comparison.training.budget) = (2, .steps(6))
    (comparison.hasRandomModel, comparison.hasOwnSites) = (false, true)
    let study = try MIBComparison(tasks: [task], comparison).run(model)
    let row = try #require(study.rows.first)
    #expect(row.choice == nil && row.site.contains("own layer"))
    let data = try TaskData(
      task.source, changing: task.variables[0], count: 384, positions: .last, for: model)
    let pairs = try AttributePairs(data)
    let train = try #require(pairs.examples[.train])
    for method in row.methods {
      let layers = try #require(method.layers)
      #expect(layers.map(\.layer) == sites.map(\.layer))
      let best = layers[0].score.value >= layers[1].score.value ? 0 : 1
      #expect(method.site == sites[best].description, "\(method.name)")
      // What was measured at the chosen site alone is the same.
      var alone = comparison
      (alone.sites, alone.methods) = ([sites[best]], [try AttributeMethods.named(method.name)])
      alone.hasOwnSites = false
      let again = try alone.run(model, on: pairs).methods[0]
      #expect(again.cause(.test) == method.cause(.test), "\(method.name)")
    }
    // The whole vector's scores, pair by pair, of every fourth.
    let full = try #require(row.methods[0].layers)
    for (site, score) in zip(sites, full) {
      let kept = train.indices.filter { $0 % 4 == 3 }
      let right = try kept.count { index in
        let pair = train[index].example
        let last = pair.sources[0].length - 1
        let vector = try model.network.activations(
          at: site, [pair.sources[0]], positions: [[last]])
        let edit = Edit(Cells(site, positions: [[pair.base.length - 1]])) { _ in vector }
        let run = try model.network.run(model.network.measuring([pair.base], edits: [edit]))
        let logits = try #require(run.logits).elements
        return pair.answers.allSatisfy { $0 == pair.label || logits[$0] < logits[pair.label] }
      }
      #expect(score.score.value == Double(right) / Double(kept.count), "\(site)")
    }
    #expect(study.figures().map(\.name) == ["mib", "mib-layers-1"])
    #expect(study.tables.last?.title.hasSuffix("the choice of each method's layer.") == true)
  }

  @Test("Methods that need more than pairs of one variable are refused, and what can't be measured")
  func refusals() throws {
    let task = try MIBTask(parsing: "mine=\(try pairs("own") { own, _ in own })")
    func message(_ change: (inout MIBComparison) -> Void) -> String {
      var comparison = MIBComparison(
        tasks: [task],
        AttributeComparison(
          sites: [.blockOutput(0, .last)], methods: AttributeMethods.ofOneVariable))
      comparison.comparison.hasRandomModel = false
      change(&comparison)
      do {
        _ = try comparison.run(model)
        return "nothing"
      } catch { return "\(error)" }
    }
    for method in [
      PrincipalComponentMethod.self, AutoencoderMethod.self, MultiAttributeMethod.self,
    ] as [any AttributeMethod.Type] {
      #expect(message { $0.comparison.methods = [method] }.contains("found \(method.name)"))
      #expect(!AttributeMethods.ofOneVariable.contains { $0.name == method.name })
    }
    #expect(message { $0.comparison.methods = [] }.contains("methods"))
    #expect(message { $0.tasks = [] }.contains("tasks"))
    #expect(message { $0.tasks = [task, task] }.contains("each once"))
    #expect(message { $0.comparison.sites = [.blockOutput(99, .last)] }.contains("99"))
    #expect(message { $0.comparison.sites = [] }.contains("layers"))
    let mixed: [Site] = [.blockOutput(0, .last), .blockOutput(0, .index(0))]
    #expect(message { $0.comparison.sites = mixed }.contains("positions"))
    #expect(message { $0.pairs = 2 }.contains("pairs"))
    #expect(message { $0.comparison.choices.rank = 9999 }.contains("rank"))
    // An autoencoder is one layer's.
    let width = model.architecture.width
    let given = try SparseAutoencoder(
      encoder: .zeros([2, width]), encoderBias: .zeros([2]), decoder: .zeros([2, width]),
      decoderBias: .zeros([width]), activation: .relu)
    #expect(
      message {
        $0.comparison.sites = [.blockOutput(0, .last), .blockOutput(1, .last)]
        $0.comparison.choices.autoencoder.given = given
        $0.comparison.hasOwnSites = true
      }.contains("autoencoder: expected none"))
  }
}

extension MIBStudy.Row {
  /// Whether the remark about pairs that are left by chance is made.
  fileprivate var isUnsolvedForTest: Bool {
    MIBStudy(rows: [self], omissions: []).remarks.contains { $0.contains("by chance") }
  }
}
