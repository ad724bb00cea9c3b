import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// Interchange and DAS on an encoder's classifier, whose output is read at its first position.
@Suite struct EncoderAlignmentTests {
  private func model() throws -> Model {
    Model(try Bert(folder: TinyModels.folder.appending(component: "bert-classifier")))
  }

  /// Sequences of five tokens, each with the label that the model gives its source.
  private func examples(_ model: Model, count: Int) throws -> [AlignmentExample] {
    var generator = RandomGenerator(seed: 6)
    func input() -> ModelInput {
      let ids = (0..<5).map { _ in Int.random(in: 0..<61, using: &generator) }
      return .segments(ids, types: [0, 0, 0, 1, 1])
    }
    let pairs = (0..<count).map { _ in (input(), input()) }
    func labels(_ inputs: [ModelInput]) throws -> [Int] {
      try #require(try model.run(model.measuring(inputs)).logits).rowMaxima()
    }
    let (bases, sources) = (try labels(pairs.map(\.0)), try labels(pairs.map(\.1)))
    return pairs.indices.map {
      AlignmentExample(
        base: pairs[$0].0, sources: [pairs[$0].1], label: sources[$0], baseLabel: bases[$0])
    }
  }

  /// After the last block the first position carries the whole output, the others nothing.
  @Test func sweepOverTheLastLayer() throws {
    let model = try model()
    let data = try examples(model, count: 24)
    let unchanged = data.count { $0.label == $0.baseLabel }
    #expect(unchanged < 20)
    let result = try InterchangeSweep(
      layers: 0..<3, positions: [.index(0), .index(3), .all]
    ).run(model, on: data)
    #expect(result.cells[2].map(\.correct) == [24, unchanged, 24])
    // All positions below it carry everything, and one alone doesn't.
    #expect(result.cells.map { $0[2].correct } == [24, 24, 24])
    #expect(result.cells[0][1].correct < 24)
  }

  /// DAS finds what full vectors carry: with all dimensions it is the full swap.
  @Test func distributedAlignmentSearch() throws {
    let model = try model()
    let data = try examples(model, count: 24)
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(1, .index(0)), dimensions: 8
    ).fit(model, on: data)
    let full = try InterchangeSweep(layers: [1], positions: [.index(0)]).run(model, on: data)
    let report = try alignment.evaluate(on: data, controls: [.selfSwap, .fullVector])
    #expect(report.test.correct == full.cells[0][0].correct)
    #expect(report.control(.fullVector)?.iia.correct == full.cells[0][0].correct)
    #expect(report.control(.selfSwap)?.largestChange ?? 1 == 0)
  }

  /// The readers of an encoder's hidden vectors are known too, and a swap in all that they read has
  /// the full swap's effect.
  @Test func illusionTest() throws {
    let model = try model()
    #expect(model.architecture.weight(of: .gate, layer: 1) == nil)
    let data = try examples(model, count: 24)
    let site = Site(.mlpHidden, layer: 1, .all)
    let width = try model.width(of: site)
    let test = try DistributedAlignmentSearch(site: site, dimensions: width)
      .alignment(of: .random(rank: width, width: width, seed: 1), model, on: data)
      .illusionTest(on: data)
    let read = try #require(model.architecture.weight(of: .down, layer: 1)).rows
    #expect(abs(test.rowSpaceShare - Double(read) / Double(width)) < 1e-4)
    let (whole, rowSpace) = (test.whole.logitDifference, test.rowSpace?.logitDifference)
    #expect(abs((whole ?? .nan) - (rowSpace ?? .nan)) < 1e-4)
  }
}
