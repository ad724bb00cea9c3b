import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Tuned lenses and patchscopes, against plain loops.
@Suite struct TunedLensTests {
  private static let texts = [
    "the cab", "a bad cab", "ab cd ef", "fade the cab", "dead beef", "cab cab", "face the bed",
    "a bed", "bead cabbed", "decade",
  ]

  private func model(_ name: String) throws -> LanguageModel {
    let place = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: place) }
    return try ArchitectureFixtures.languageModel(name, in: place)
  }

  /// The maps are the ridge regressions with the penalty that the fit names, by elimination.
  @Test(arguments: ["llama3-scaled", "gpt2"]) func equalsElimination(name: String) throws {
    let model = try model(name)
    var settings = TunedLensSettings()
    // One text held out, whichever: the fitted ones are found by the fit's own numbers.
    (settings.heldOutShare, settings.penalties) = (0.1, [0.05])
    var order = Self.texts
    var generator = RandomGenerator(seed: settings.seed)
    order.shuffle(using: &generator)
    let (lens, fit) = try model.fitTunedLens(on: Self.texts, settings: settings)
    #expect(fit.rows.map(\.penalty) == Array(repeating: 0.05, count: model.layers))
    #expect(fit.rows.map(\.name) == ["embed"] + (0..<model.layers - 1).map(String.init))
    #expect(fit.heldOut == 1 && fit.fitted == Self.texts.count - 1)
    var x: [[[Double]]] = Array(repeating: [], count: model.layers)
    var y: [[Double]] = []
    for text in order.dropFirst() {
      let encoded = model.encode(text)
      let places = Array(1..<encoded.length)
      var request = Request([encoded.input])
      request.captures =
        [Cells(.blockInput, layer: 0, positions: [places])]
        + (0..<model.layers).map { Cells(.blockOutput, layer: $0, positions: [places]) }
      let captures = try model.run(request).captures.map { rows in
        places.indices.map { rows.rowSlice($0..<$0 + 1).elements.map(Double.init) }
      }
      for stage in 0..<model.layers { x[stage] += captures[stage] }
      y += captures[model.layers]
    }
    for stage in 0..<model.layers {
      let expected = Self.ridge(x[stage], y, penalty: 0.05)
      let row = x[stage][0]
      let carried = lens.translators[stage](Tensor(row.map(Float.init), shape: [1, row.count]))
      let size = expected(row).map(abs).max()!
      for (found, wanted) in zip(carried.elements, expected(row)) {
        // Single precision through an eigendecomposition of condition below 20 / 0.05.
        #expect(abs(Double(found) - wanted) < 2e-3 * size)
      }
    }
  }

  /// The reading of the last layer is the model's own, and a file keeps the maps.
  @Test func keepsTheLastLayerAndItsFile() throws {
    let model = try model("gpt-neox")
    let (lens, _) = try model.fitTunedLens(on: Self.texts)
    let read = try model.lens(of: "the cab", by: lens)
    #expect(read.reading == "tuned lens")
    #expect(read.rows.last!.cells.allSatisfy { $0.divergence < 1e-9 })
    let plain = try model.lens(of: "the cab")
    #expect(read.rows[0] != plain.rows[0])
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try lens.write(to: folder.appending(component: TunedLens.fileName))
    let again = try TunedLens.read(contentsOf: folder)
    #expect(try model.lens(of: "the cab", by: again) == read)
    let other = try self.model("llama3-scaled")
    if other.architecture.width != model.architecture.width || other.layers != model.layers {
      #expect(throws: CircuitError.self) { try other.lens(of: "abc", by: again) }
    }
    #expect(throws: CircuitError.self) {
      try model.lens(of: "abc", by: again, component: .mlpOutput)
    }
    #expect(throws: CircuitError.self) { try model.fitTunedLens(on: ["abc", "cab"]) }
    #expect(throws: CircuitError.self) {
      try model.fitTunedLens(on: Array(repeating: "a", count: 5))
    }
  }

  /// A text that reads itself at the same position changes nothing, after any layer.
  @Test(arguments: LensTests.models) func patchscopeIntoItselfIsTheModel(name: String) throws {
    let model = try model(name)
    let scope = try model.lens(
      of: "the cab", by: Patchscope(prompt: "the cab"), positions: .last,
      top: model.architecture.outputs)
    #expect(scope.rows.count == model.layers + 1)
    for row in scope.rows {
      // The same run with a row written over itself.
      #expect(row.cells[0].divergence < 1e-6, "\(row.name)")
    }
  }

  /// Vectors of each position and layer in another prompt's token, one run at a time.
  @Test(arguments: ["llama3-scaled", "opt", "gemma2"]) func patchscopeEqualsRuns(
    name: String
  ) throws {
    let model = try model(name)
    let (text, prompt) = (model.encode("a bad cab"), model.encode("dead beef"))
    let position = prompt.length - 2
    for written in [nil, 1] {
      let lens = try model.lens(
        of: "a bad cab", by: Patchscope(prompt: "dead beef", at: .index(-2), layer: written),
        layers: [0, 1], top: 3)
      for (layer, row) in lens.rows.enumerated() {
        for (place, cell) in row.cells.enumerated() {
          var request = Request([text.input])
          request.captures = [Cells(.blockOutput, layer: layer, positions: [[place]])]
          let vector = try model.run(request).captures[0].detached
          let edit = Edit(
            Cells(.blockOutput, layer: written ?? layer, positions: [[position]])
          ) { _ in vector }
          let logits = try model.run(model.measuring([prompt.input], edits: [edit])).logits!
            .elements.map(Double.init)
          let sum = logits.reduce(0) { $0 + exp($1) }
          for output in cell.top {
            #expect(abs(output.probability - exp(logits[output.id]) / sum) < 1e-5)
          }
        }
      }
    }
    #expect(throws: CircuitError.self) {
      try model.lens(of: "abc", by: Patchscope(at: .all))
    }
    #expect(throws: ModelError.layerOutOfRange(layer: 9, layers: model.layers)) {
      try model.lens(of: "abc", by: Patchscope(layer: 9))
    }
  }

  /// The weighted ridge regression from x to y − x, by normal equations and elimination.
  private static func ridge(
    _ x: [[Double]], _ y: [[Double]], penalty: Double
  ) -> ([Double]) -> [Double] {
    let width = x[0].count
    var weights = y.map { row in 1 / row.reduce(0) { $0 + $1 * $1 } }
    let total = weights.reduce(0, +)
    weights = weights.map { $0 / total }
    func mean(_ values: [Double]) -> Double { zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } }
    let changes = zip(x, y).map { x, y in zip(x, y).map { $1 - $0 } }
    let means = (0..<width).map { j in mean(x.map { $0[j] }) }
    let meanChange = (0..<width).map { j in mean(changes.map { $0[j] }) }
    let deviation = (0..<width).map { j in
      mean(x.map { ($0[j] - means[j]) * ($0[j] - means[j]) }).squareRoot()
    }
    let z = x.map { row in (0..<width).map { (row[$0] - means[$0]) / deviation[$0] } }
    // [Σ w z zᵀ + λ I | Σ w z dᵀ], solved in place.
    var system = [[Double]](repeating: Array(repeating: 0, count: 2 * width), count: width)
    for i in 0..<width {
      for j in 0..<width {
        system[i][j] = mean(z.map { $0[i] * $0[j] })
        let products: [Double] = zip(z, changes).map { $0[i] * ($1[j] - meanChange[j]) }
        system[i][width + j] = mean(products)
      }
      system[i][i] += penalty
    }
    for pivot in 0..<width {
      for row in 0..<width where row != pivot {
        let factor = system[row][pivot] / system[pivot][pivot]
        for column in pivot..<2 * width { system[row][column] -= factor * system[pivot][column] }
      }
    }
    return { row in
      (0..<width).map { j in
        var value: Double = row[j] + meanChange[j]
        for k in 0..<width {
          let coordinate: Double = (row[k] - means[k]) / deviation[k]
          value += coordinate * system[k][width + j] / system[k][k]
        }
        return value
      }
    }
  }
}
