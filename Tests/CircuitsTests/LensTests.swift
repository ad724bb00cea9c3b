import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The logit lens, against the model's own outputs and a plain loop.
@Suite struct LensTests {
  static let models = ["llama3-scaled", "gpt2", "gpt-neox", "gemma2", "gemma3", "opt", "mistral"]

  private func model(_ name: String) throws -> LanguageModel {
    let place = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: place) }
    return try ArchitectureFixtures.languageModel(name, in: place)
  }

  /// After the last block it gives the model's own probabilities, at every position.
  @Test(arguments: models) func endsInTheModelsOutputs(name: String) throws {
    let model = try model(name)
    let encoded = model.encode("the cab")
    let lens = try model.lens(of: "the cab", top: model.architecture.outputs)
    let all = Array(0..<encoded.length)
    let logits = try #require(try model.run(Request([encoded.input], logits: [all])).logits)
    #expect(lens.rows.map(\.name) == ["embed"] + (0..<model.layers).map(String.init))
    #expect(lens.positions == all)
    let last = try #require(lens.rows.last)
    for (position, cell) in last.cells.enumerated() {
      let row = logits.rowSlice(position..<position + 1).elements.map(Double.init)
      let sum = row.reduce(0) { $0 + exp($1) }
      #expect(cell.top.count == row.count)
      for output in cell.top {
        // The same rows in another product: rounding of a few sums of at most 16 terms.
        #expect(abs(output.probability - exp(row[output.id]) / sum) < 1e-5)
      }
      #expect(cell.divergence < 1e-9)
    }
  }

  /// Each layer's outputs, entropy, divergence and rank are those of a plain loop.
  @Test(arguments: ["llama3-scaled", "gpt2"]) func equalsAPlainLoop(name: String) throws {
    let model = try model(name)
    let encoded = model.encode("the cab")
    let position = encoded.length - 2
    let answer = 7
    let lens = try model.lens(
      of: "the cab", layers: [0, 1], positions: .index(-2), answer: answer, top: 2)
    #expect(lens.positions == [position])
    func outputs(_ layer: Int) throws -> [Double] {
      let cells = Cells(.blockOutput, layer: layer, positions: [[position]])
      let rows = try model.run(Request([encoded.input], captures: [cells])).captures[0]
      let logits = model.architecture.logits(rows, outputs: nil).elements.map(Double.init)
      let sum = logits.reduce(0) { $0 + exp($1) }
      return logits.map { exp($0) / sum }
    }
    let final = try outputs(model.layers - 1)
    for (layer, row) in lens.rows.enumerated() {
      #expect(row.layer == layer)
      let expected = try outputs(layer)
      let cell = row.cells[0]
      let order = expected.indices.sorted { expected[$0] > expected[$1] }
      #expect(cell.top.map(\.id) == Array(order.prefix(2)))
      #expect(abs(cell.top[0].probability - expected[order[0]]) < 1e-6)
      #expect(abs(cell.entropy + expected.reduce(0) { $0 + $1 * log($1) }) < 1e-5)
      let divergence = zip(final, expected).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
      #expect(abs(cell.divergence - divergence) < 1e-5)
      #expect(cell.answer?.rank == order.firstIndex(of: answer))
      #expect(abs((cell.answer?.probability ?? .nan) - expected[answer]) < 1e-6)
    }
    // The layers differ, or the comparison shows nothing.
    #expect(lens.rows[0].cells[0].divergence > 1e-4)
  }

  /// Components of the stream's width are read; others and layers that there are not, are refused.
  @Test func refusesWhatItCannotRead() throws {
    let model = try model("llama3-scaled")
    let middle = try model.lens(of: "abc", component: .residualMiddle)
    #expect(middle.rows.count == model.layers)
    #expect(throws: CircuitError.self) {
      try model.lens(of: "abc", component: .queryOutput)
    }
    #expect(throws: ModelError.layerOutOfRange(layer: 99, layers: model.layers)) {
      try model.lens(of: "abc", layers: [99])
    }
    let parallel = try self.model("gptj")
    #expect(throws: ModelError.self) {
      try parallel.lens(of: "abc", component: .residualMiddle)
    }
    let classifier = try self.model("llama-classifier")
    #expect(throws: CircuitError.self) { try classifier.lens(of: "abc") }
  }
}
