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
    var comparison = MIBComparison(
      tasks: [
        try MIBTask(parsing: "mine=\(solved)"), try MIBTask(parsing: "wrong=\(wrong)"),
      ], layers: [0, model.layers - 1])
    comparison.methods = [
      FullVectorMethod.self, MaskMethod.self, MaskedComponentMethod.self,
      MaskedAutoencoderMethod.self, RotationMethod.self,
    ]
    comparison.choices.rank = 2
    (comparison.choices.autoencoder.features, comparison.choices.autoencoder.active) = (16, 4)
    comparison.choices.autoencoder.steps = 20
    comparison.training.budget = .steps(6)
    comparison.seeds = 2
    let study = try comparison.run(model)
    // What the model answers otherwise than the data say is left out by name.
    #expect(study.omissions.map(\.task) == ["wrong"])
    #expect(study.omissions[0].reason.contains("by themselves 0 % of bases"))
    #expect(study.rows.count == 1)
    let row = try #require(study.rows.first)
    #expect(row.layers.map(\.layer) == [0, model.layers - 1])
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
    let last = try #require(row.layers.last)
    #expect(last.cause.value == 1)
    if row.site.contains("\(model.layers - 1)") {
      #expect(row.methods[0].cause(.test)?.value == 1)
    }

    // The record is read as it was written, and every table and figure can be made.
    let data = try JSONEncoder().encode(RunResults(study))
    let again = try #require(try JSONDecoder().decode(RunResults.self, from: data).mib)
    #expect(again.table == study.table && again.omissions == study.omissions)
    #expect(study.table.rows.count == 6 && study.tables.count == 3)
    #expect(study.measures.count == 5)
    #expect(study.figures().map(\.name) == ["mib", "mib-layers"])
  }

  @Test("Methods that need more than pairs of one variable are refused, and what can't be measured")
  func refusals() throws {
    let task = try MIBTask(parsing: "mine=\(try pairs("own") { own, _ in own })")
    func message(_ change: (inout MIBComparison) -> Void) -> String {
      var comparison = MIBComparison(tasks: [task], layers: [0])
      comparison.hasRandomModel = false
      change(&comparison)
      do {
        _ = try comparison.run(model)
        return "nothing"
      } catch { return "\(error)" }
    }
    for method in [
      PrincipalComponentMethod.self, AutoencoderMethod.self, MultiAttributeMethod.self,
    ] as [any AttributeMethod.Type] {
      #expect(message { $0.methods = [method] }.contains("found \(method.name)"))
      #expect(!AttributeMethods.ofOneVariable.contains { $0.name == method.name })
    }
    #expect(message { $0.methods = [] }.contains("methods"))
    #expect(message { $0.tasks = [] }.contains("tasks"))
    #expect(message { $0.tasks = [task, task] }.contains("each once"))
    #expect(message { $0.layers = [99] }.contains("99"))
    #expect(message { $0.layers = [] }.contains("layers"))
    #expect(message { $0.pairs = 2 }.contains("pairs"))
    #expect(message { $0.component = "nothing" }.contains("nothing"))
    #expect(message { $0.choices.rank = 9999 }.contains("rank"))
  }
}

extension MIBStudy.Row {
  /// Whether the remark about pairs that are left by chance is made.
  fileprivate var isUnsolvedForTest: Bool {
    MIBStudy(rows: [self], omissions: []).remarks.contains { $0.contains("by chance") }
  }
}
