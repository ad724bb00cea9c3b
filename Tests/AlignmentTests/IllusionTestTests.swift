import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// The effects of a subspace's parts in the row space and the null space of the projection that
/// reads it, each alone.
@Suite struct IllusionTestTests {
  private let site = Site(.mlpHidden, layer: 1, .last)
  private let examples = TinyModels.examples(24, seed: 3)

  private func alignment(_ rotation: Rotation, _ model: Model) throws -> Alignment {
    try DistributedAlignmentSearch(site: site, dimensions: rotation.rank)
      .alignment(of: rotation, model, on: examples)
  }

  /// Rows [k, d] less their parts along a basis that Gram and Schmidt make of the weight's rows.
  private func nullPart(_ rows: Tensor, _ weight: Tensor) -> [[Double]] {
    var basis: [[Double]] = []
    func row(_ tensor: Tensor, _ index: Int) -> [Double] {
      (0..<tensor.width).map { Double(tensor[index, $0]) }
    }
    func without(_ vector: [Double]) -> [Double] {
      // Twice, for the rounding of the first time.
      [0, 1].reduce(vector) { vector, _ in
        basis.reduce(vector) { rest, unit in
          let along = zip(rest, unit).reduce(0) { $0 + $1.0 * $1.1 }
          return zip(rest, unit).map { $0 - along * $1 }
        }
      }
    }
    for index in 0..<weight.rows {
      let rest = without(row(weight, index))
      let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      basis.append(rest.map { $0 / length })
    }
    return (0..<rows.rows).map { without(row(rows, $0)) }
  }

  @Test(arguments: [1, 3]) func partsAreThoseOfGramAndSchmidt(rank: Int) throws {
    let model = try TinyModels.model("llama-gqa")
    let weight = try #require(model.architecture.weight(of: .down, layer: 1))
    #expect(weight.shape == [16, 24])
    let rotation = try Rotation.random(rank: rank, width: 24, seed: 5)
    let test = try alignment(rotation, model).illusionTest(on: examples)
    let null = Tensor(rows: nullPart(rotation.frame, weight).map { $0.map(Float.init) })
    let row = rotation.frame - null
    for (part, found) in [(row, test.rowSpace), (null, test.nullSpace)] {
      let expected = try alignment(.spanning(part), model).evaluate(on: examples, controls: [])
      let (a, b) = (try #require(found?.logitDifference), expected.test.logitDifference ?? .nan)
      #expect(abs(a - b) < 1e-4 * max(1, abs(b)))
    }
    let share = Double(row.norm * row.norm) / Double(rank)
    #expect(abs(test.rowSpaceShare - share) < 1e-4)
    let whole = try alignment(rotation, model).evaluate(on: examples, controls: []).test
    #expect(test.whole == whole)
  }

  /// Nothing reads the null space: a swap there gives what no intervention gives.
  @Test func aDirectionThatNothingReads() throws {
    let model = try TinyModels.model("llama-gqa")
    let weight = try #require(model.architecture.weight(of: .down, layer: 1))
    let any = try Rotation.random(rank: 1, width: 24, seed: 9).frame
    let null = Tensor(rows: nullPart(any, weight).map { $0.map(Float.init) })
    let alignment = try alignment(.spanning(null), model)
    let test = try alignment.illusionTest(on: examples)
    #expect(test.rowSpaceShare < 1e-6 && test.rowSpace == nil && !test.isSuspect)
    let untouched = try alignment.evaluate(on: examples, controls: [.selfSwap])
      .control(.selfSwap)?.iia.logitDifference
    let found = try #require(test.nullSpace?.logitDifference)
    #expect(abs(found - (untouched ?? .nan)) < 1e-4)
  }

  @Test func sitesThatNoProjectionReads() throws {
    let model = try TinyModels.model("llama-gqa")
    let alignment = try DistributedAlignmentSearch(site: .blockOutput(1, .last), dimensions: 1)
      .alignment(of: .random(rank: 1, width: 16, seed: 1), model, on: examples)
    #expect {
      _ = try alignment.illusionTest(on: examples)
    } throws: { "\($0)".contains("expected mlp_hidden or attention_value_output") }
  }

  /// Suspect is a subspace that works and whose read part doesn't go half the way.
  @Test(
    arguments: [
      (80, 0, 39, true), (80, 0, 41, false), (80, 0, nil, true), (80, 20, 49, true),
      (80, 20, 51, false), (80, nil, 39, true), (80, nil, 41, false), (9, 0, 0, false),
      (60, 52, 52, false), (64, 52, 52, true),
    ] as [(Int, Int?, Int?, Bool)])
  func suspects(whole: Int, null: Int?, row: Int?, expected: Bool) throws {
    func part(_ name: String, _ correct: Int?) -> String {
      correct.map { ", \"\(name)\": {\"correct\": \($0), \"n\": 100}" } ?? ""
    }
    let json =
      "{\"rowSpaceShare\": 0.5" + part("whole", whole) + part("nullSpace", null)
      + part("rowSpace", row) + "}"
    let test = try JSONDecoder().decode(IllusionTest.self, from: Data(json.utf8))
    #expect(test.isSuspect == expected)
  }
}
