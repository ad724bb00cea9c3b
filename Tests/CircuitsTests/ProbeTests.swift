import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Logistic regression and probes with their control task.
@Suite struct ProbeTests {
  /// Features with labels that a linear map with noise decides.
  private func data(_ count: Int, seed: UInt64) -> (rows: [Double], labels: [Int]) {
    var generator = RandomGenerator(seed: seed)
    var (rows, labels) = ([Double](), [Int]())
    for _ in 0..<count {
      let x = [3 * generator.normal() + 5, generator.normal(), 0.1 * generator.normal()]
      let scores = [
        x[0] - 5 + generator.normal(), x[1] * 2 + generator.normal(), 10 * x[2] - x[1],
      ]
      rows += x
      labels.append(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
    return (rows, labels)
  }

  /// The minimum is that of slow gradient descent in a plain loop.
  @Test func findsTheMinimum() {
    let (rows, labels) = data(60, seed: 1)
    let fit = LogisticRegression(rows, width: 3, labels: labels, classes: 3, penalty: 0.5)
    #expect(fit.isConverged && fit.iterations < 200)
    // Standardized by hand.
    var z = rows
    for j in 0..<3 {
      let column = stride(from: j, to: rows.count, by: 3).map { rows[$0] }
      let mean = column.reduce(0, +) / 60
      let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 60).squareRoot()
      for i in 0..<60 { z[3 * i + j] = (rows[3 * i + j] - mean) / deviation }
    }
    var weights = [[Double]](repeating: [0, 0, 0, 0], count: 3)
    var loss = 0.0
    for _ in 0..<20_000 {
      loss = 0
      var gradient = weights.map { row in row.enumerated().map { $0 < 3 ? 0.5 * $1 : 0 } }
      for row in weights { loss += 0.25 * (row[0] * row[0] + row[1] * row[1] + row[2] * row[2]) }
      for i in 0..<60 {
        let x = Array(z[3 * i..<3 * i + 3]) + [1]
        let scores = weights.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } }
        let total = scores.reduce(0) { $0 + exp($1) }
        loss += log(total) - scores[labels[i]]
        for c in 0..<3 {
          let factor = exp(scores[c]) / total - (c == labels[i] ? 1 : 0)
          for j in 0..<4 { gradient[c][j] += factor * x[j] }
        }
      }
      for c in 0..<3 { for j in 0..<4 { weights[c][j] -= 0.02 * gradient[c][j] } }
    }
    #expect(abs(fit.loss - loss) < 1e-6)
    let expected = (0..<60).map { i in
      let x = Array(z[3 * i..<3 * i + 3]) + [1]
      let scores = weights.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } }
      return scores.indices.max { scores[$0] < scores[$1] } ?? 0
    }
    #expect(fit.classes(of: rows) == expected)
    let right = zip(expected, labels).count { $0 == $1 }
    #expect(right > 40)
  }

  /// A fit that is stopped early says so; features that never change do no harm.
  @Test func saysWhenItHasNotConverged() {
    let (rows, labels) = data(40, seed: 2)
    let stopped = LogisticRegression(
      rows, width: 3, labels: labels, classes: 3, penalty: 0.1, iterations: 2)
    #expect(!stopped.isConverged)
    let constant = LogisticRegression(
      [1, 0, 1, 0, 1, 1, 1, 1], width: 2, labels: [0, 0, 1, 1], classes: 2, penalty: 1)
    #expect(constant.isConverged && constant.classes(of: [1, 0, 1, 1]) == [0, 1])
  }

  /// Examples whose label is a function of the last token, which the stream knows.
  private func examples(_ count: Int) -> [ProbeExample] {
    var generator = RandomGenerator(seed: 9)
    return (0..<count).map { index in
      let tokens = (0..<4).map { _ in Int.random(in: 0..<48, using: &generator) }
      return ProbeExample(
        .tokens(tokens), position: 3, label: tokens[3] % 2 == 0 ? "even" : "odd",
        type: "\(tokens[3])", isTest: index % 3 == 0)
    }
  }

  /// A probe of a layer is the regression on that layer's vectors, held-out ones apart.
  @Test(arguments: ["llama3-scaled", "gpt2", "gpt-neox", "gemma2", "opt"])
  func equalsTheRegressionOnTheVectors(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    let examples = examples(90)
    let report = try model.probe(examples, layers: [0, 1])
    #expect(report.labels == ["even", "odd"] && report.layers.map(\.layer) == [0, 1])
    for layer in report.layers {
      let cells = Cells(
        .blockOutput, layer: layer.layer, positions: examples.map { [$0.position] })
      let rows = try model.run(Request(examples.map(\.input), captures: [cells])).captures[0]
      let width = rows.width
      let numbers = rows.elements.map(Double.init)
      func part(_ isTest: Bool) -> (rows: [Double], labels: [Int]) {
        let indices = examples.indices.filter { examples[$0].isTest == isTest }
        return (
          indices.flatMap { numbers[$0 * width..<($0 + 1) * width] },
          indices.map { examples[$0].label == "even" ? 0 : 1 }
        )
      }
      let (train, test) = (part(false), part(true))
      let fit = LogisticRegression(
        train.rows, width: width, labels: train.labels, classes: 2, penalty: 1)
      let right = zip(fit.classes(of: test.rows), test.labels).count { $0 == $1 }
      #expect(layer.test.n == 30 && layer.train.n == 60)
      // One vector at the border may fall on either side by rounding.
      #expect(abs(layer.test.correct - right) <= 1)
      #expect(layer.controls.count == 3 && layer.controls.allSatisfy { $0.n == 30 })
      #expect(layer.isConverged)
    }
    let even = examples.filter { !$0.isTest && $0.label == "even" }.count
    let most = even * 2 >= 60 ? "even" : "odd"
    #expect(report.constant.correct == examples.count { $0.isTest && $0.label == most })
    #expect(report.seenTypes > 0.3 && report.seenTypes <= 1)
  }

  /// What is known by heart has no selectivity: labels at random by type are learned as well as
  /// others.
  @Test func labelsByHeartHaveNoSelectivity() throws {
    let model = try ArchitectureFixtures.model("llama3-scaled")
    var generator = RandomGenerator(seed: 5)
    let random = (0..<12).map { _ in Int.random(in: 0..<2, using: &generator) }
    let examples = (0..<240).map { index in
      let token = Int.random(in: 0..<12, using: &generator)
      return ProbeExample(
        .tokens([30, token]), position: 1, label: "\(random[token])", type: "\(token)",
        isTest: index % 4 == 0)
    }
    let report = try model.probe(examples, component: .blockInput, layers: [0])
    #expect(report.seenTypes == 1)
    #expect(report.layers[0].test.value > 0.95)
    #expect(abs(try #require(report.layers[0].selectivity)) < 0.1)
  }

  @Test func refusesWhatCannotBeProbed() throws {
    let model = try ArchitectureFixtures.model("llama3-scaled")
    var one = examples(20)
    for index in one.indices { one[index].label = "same" }
    #expect(throws: CircuitError.self) { try model.probe(one, layers: [0]) }
    var held = examples(20)
    for index in held.indices { held[index].isTest = true }
    #expect(throws: CircuitError.self) { try model.probe(held, layers: [0]) }
    #expect(throws: ModelError.self) { try model.probe(examples(20), layers: [7]) }
    var settings = ProbeSettings()
    settings.controls = 0
    let bare = try model.probe(examples(20), layers: [0], settings: settings)
    #expect(bare.layers[0].selectivity == nil)
  }
}
