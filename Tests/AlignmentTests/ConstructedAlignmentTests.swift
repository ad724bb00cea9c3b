import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// A perceptron whose hidden layer carries the label in one known direction.
struct KnownDirection {
  static let width = 8
  let model: Model
  /// The direction, as a rotation of rank 1.
  let direction: Rotation
  let examples: [AlignmentExample]

  /// The hidden vector is U x + 10 (always positive, so that ReLU is the identity), the label the
  /// sign of its coordinate along U e₀.
  init(count: Int, seed: UInt64) throws {
    let turn = try Rotation.random(rank: Self.width, width: Self.width, seed: 5).frame
    let read = turn.columns(0..<1).transposed()
    let offset = read.sum().scalar * 10
    let perceptron = Perceptron(
      hidden: [.init(weight: turn, bias: Tensor(repeating: 10, shape: [Self.width]))],
      readout: .init(
        weight: .concatenatingRows([4 * read, -4 * read]), bias: Tensor([-4 * offset, 4 * offset])))
    model = Model(perceptron)
    direction = try Rotation.spanning(read)
    var generator = RandomGenerator(seed: seed)
    examples = (0..<count).map { index in
      func vector(positive: Bool) -> [Float] {
        let size = Float(0.3 + 0.7 * generator.uniform())
        return [positive ? size : -size]
          + (1..<Self.width).map { _ in Float(2 * generator.uniform() - 1) }
      }
      // All four combinations of the base's and the source's label.
      let (base, source) = (index % 2 == 0, index / 2 % 2 == 0)
      return AlignmentExample(
        base: .vectors([vector(positive: base)]), sources: [.vectors([vector(positive: source)])],
        label: source ? 0 : 1, baseLabel: base ? 0 : 1)
    }
  }
}

@Suite struct ConstructedAlignmentTests {
  private var search: DistributedAlignmentSearch {
    var settings = AlignmentSettings()
    settings.epochs = 30
    settings.learningRate = 0.05
    settings.batchSize = 64
    settings.patience = 30
    return DistributedAlignmentSearch(
      site: .blockOutput(0, .last), dimensions: 1, settings: settings)
  }

  @Test func findsTheDirectionAndTheControlsSitWhereTheyShould() throws {
    let train = try KnownDirection(count: 512, seed: 1)
    let test = try KnownDirection(count: 256, seed: 2)
    var steps: [Int] = []
    let alignment = try search.fit(train.model, on: train.examples) { steps.append($0.step) }
    #expect(steps == Array(1...steps.count) && steps.count == alignment.losses.count)
    let angle = try #require(try alignment.rotation.principalAngles(to: train.direction).first)
    #expect(angle < 0.1, "within six degrees of the true direction")
    let report = try alignment.evaluate(on: test.examples)
    #expect(report.test.value >= 0.98 && report.test.n == 256)
    #expect(report.orthonormalityError < 1e-5)
    // The illusion test is for sites that one projection reads.
    let kinds = Set(ControlKind.allCases).subtracting([.rowSpace, .nullSpace])
    #expect(Set(report.controls.map(\.name)) == Set(kinds.map(\.rawValue)))
    func iia(_ kind: ControlKind) throws -> Double { try #require(report.control(kind)).iia.value }
    // Base and source agree in half of the examples: a swap that changes nothing is right there.
    #expect(try #require(report.control(.selfSwap)).largestChange == 0)
    #expect(try iia(.selfSwap) == 0.5)
    #expect(try iia(.fullVector) == 1)
    #expect(try #require(report.control(.randomSubspaces)?.each).count >= 20)
    #expect(try iia(.randomSubspaces) < 0.8)
    // Four deviations of a fair coin over 256 examples.
    #expect(try abs(iia(.shuffledSources) - 0.5) < 0.125)
  }

  @Test func sameSeedSameNumbers() throws {
    let data = try KnownDirection(count: 128, seed: 3)
    let first = try search.fit(data.model, on: data.examples)
    let second = try search.fit(data.model, on: data.examples)
    #expect(first.losses == second.losses)
    #expect(first.rotation.frame.elements == second.rotation.frame.elements)
  }

  /// Accuracy by hand: h_b + r (r·h_s − r·h_b), then the sign along the true direction.
  @Test func accuracyEqualsAPlainLoop() throws {
    let data = try KnownDirection(count: 200, seed: 4)
    let rotation = try Rotation.random(rank: 1, width: KnownDirection.width, seed: 9)
    let swap = DistributedInterchange(rotation.frozen)
    let truth = data.direction.frame.elements
    let frame = rotation.frame.elements
    let hidden = try data.model.activations(
      at: .blockOutput(0, .last), data.examples.map(\.base),
      positions: data.examples.map { _ in [0] })
    let sources = try data.model.activations(
      at: .blockOutput(0, .last), data.examples.map { $0.sources[0] },
      positions: data.examples.map { _ in [0] })
    for (row, example) in data.examples.enumerated() {
      let edit = Edit(Cells(.blockOutput, layer: 0, positions: [[0]])) { base in
        swap(base, sources: [sources.rowSlice(row..<row + 1)])
      }
      let logits = try #require(
        try data.model.run(.lastLogits([example.base], edits: [edit])).logits)
      let (b, s) = (
        hidden.rowSlice(row..<row + 1).elements, sources.rowSlice(row..<row + 1).elements
      )
      let move = zip(frame, zip(s, b)).reduce(Float(0)) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
      let score = truth.indices.reduce(Float(0)) { total, i in
        total + truth[i] * (b[i] + frame[i] * move - 10)
      }
      // The read-out is 4 · (true direction · (h − 10)), and its negative for the other class.
      #expect(abs(logits[0, 0] - 4 * score) < 1e-3)
      #expect(abs(logits[0, 1] + 4 * score) < 1e-3)
    }
  }

  @Test func wrongSettingsAndExamplesAreRefused() throws {
    let data = try KnownDirection(count: 16, seed: 3)
    func message(_ change: (inout DistributedAlignmentSearch) -> Void) -> String {
      var search = search
      change(&search)
      do {
        _ = try search.fit(data.model, on: data.examples)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message { $0.settings.epochs = 0 } == "epochs: expected at least 1, found 0")
    #expect(
      message { $0.dimensions = [9] }
        == "rank 9 is out of range: expected 1 to 8, the width of the site")
    #expect(
      message { $0.dimensions = [1, 1] }
        == "the intervention takes 2 sources, the examples have 1")
    #expect(
      message { $0.site = .blockOutput(7, .last) }
        == "layer 7 is out of range: the model has layers 0 to 0")
    #expect(throws: AlignmentError.noExamples(reason: "the data set is empty")) {
      try search.fit(data.model, on: [])
    }
  }
}
