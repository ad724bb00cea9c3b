import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Interventions by name in sweeps, against edits that are made one by one.
@Suite struct NamedInterventionTests {
  /// Between runs of one text and of a batch with stored keys, of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)
  private static let forms = ["mistral", "gpt2", "gpt-neox", "gemma2", "opt"]

  /// Examples of five tokens that every form has.
  private static func examples(_ count: Int) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: 3)
    func input() -> ModelInput {
      .tokens((0..<5).map { _ in Int.random(in: 1..<40, using: &generator) })
    }
    return (0..<count).map { _ in
      AlignmentExample(
        base: input(), sources: [input()], label: Int.random(in: 0..<40, using: &generator),
        baseLabel: Int.random(in: 0..<40, using: &generator))
    }
  }

  private func sweep(
    _ name: String, _ model: Model, _ data: [AlignmentExample],
    _ component: Component = .mlpOutput, layers: [Int] = [0, 1], seed: UInt64 = 0
  ) throws -> [Double] {
    try InterchangeSweep(
      component: component, layers: layers, positions: [.index(2)],
      intervention: ChosenIntervention(parsing: name), seed: seed
    ).run(model, on: data).cells.map { $0[0].logitDifference ?? .nan }
  }

  /// The lead of the labels with rows put in by hand.
  private func expected(
    _ model: Model, _ data: [AlignmentExample], _ component: Component = .mlpOutput, layer: Int,
    at position: Int = 2, _ change: (_ example: Int, _ row: Tensor) throws -> Tensor
  ) throws -> Double {
    var sum = 0.0
    for (index, example) in data.enumerated() {
      let cells = Cells(component, layer: layer, positions: [[position]])
      let row = try model.run(Request([example.base], captures: [cells])).captures[0]
      let new = try change(index, row)
      let logits = try model.run(
        .lastLogits([example.base], edits: [Edit(cells) { _ in new }])
      ).logits!.elements
      let rival = logits.indices.filter { $0 != example.label }.map { logits[$0] }.max()!
      sum += Double(logits[example.label] - rival)
    }
    return sum / Double(data.count)
  }

  private func row(
    _ model: Model, _ input: ModelInput, _ component: Component = .mlpOutput, layer: Int,
    at position: Int = 2
  ) throws -> Tensor {
    try model.activations(
      at: Site(component, layer: layer), [input], positions: [[position]])
  }

  @Test(arguments: forms) func everyNameIsWhatItSays(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let data = Self.examples(4)
    for (line, layer) in [0, 1].enumerated() {
      func check(_ name: String, _ change: (Int, Tensor) throws -> Tensor) throws {
        let found = try sweep(name, model, data)[line]
        let wanted = try expected(model, data, layer: layer, change)
        #expect(abs(found - wanted) < Self.rounding, "\(form), layer \(layer): \(name)")
      }
      func source(_ index: Int) throws -> Tensor {
        try row(model, data[index].sources[0], layer: layer)
      }
      try check("interchange") { index, _ in try source(index) }
      try check("zero") { _, h in .zeros(h.shape) }
      try check("add:0.5") { index, h in h + 0.5 * (try source(index)) }
      try check("subtract") { index, h in h - (try source(index)) }
      try check("lerp:0.25") { index, h in 0.75 * h + 0.25 * (try source(index)) }
      try check("clamp:0.05") { _, h in h.clipped(to: 0.05) }
      try check("mean-position") { _, _ in
        let rows = try data.map { try row(model, $0.base, layer: layer) }
        return 0.25 * rows.dropFirst().reduce(rows[0], +)
      }
      try check("mean") { _, _ in
        let rows = try data.flatMap { example in
          try (0..<5).map { try row(model, example.base, layer: layer, at: $0) }
        }
        return (1 / 20) * rows.dropFirst().reduce(rows[0], +)
      }
      try check("renormalize") { index, h in
        let s = try source(index)
        let factor = (Tensor.dot(h, h) / Tensor.dot(s, s)).squareRoot()
        return Float(factor) * s
      }
    }
  }

  /// A block that is left out gives its input on.
  @Test(arguments: forms) func skippedBlock(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let data = Self.examples(3)
    let found = try sweep("skip", model, data, .blockOutput, layers: [1])[0]
    let wanted = try expected(model, data, .blockOutput, layer: 1) { index, _ in
      try row(model, data[index].base, .blockInput, layer: 1)
    }
    #expect(abs(found - wanted) < Self.rounding)
  }

  /// A step of nothing, and noise of deviation 0, leave every logit as it is.
  @Test(arguments: forms) func nothingChangesNothing(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let data = Self.examples(3)
    let plain = try expected(model, data, layer: 0) { _, h in h }
    for name in ["lerp:0", "add:0", "noise:0", "clamp:1000"] {
      for value in try sweep(name, model, data) {
        #expect(abs(value - plain) < Self.rounding, "\(name)")
      }
    }
  }

  /// The mean over one text is that text's own vector: the interchange of it with itself.
  @Test(arguments: forms) func meanOfOneTextIsItself(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    var data = Self.examples(1)
    data[0].sources = [data[0].base]
    let swapped = try sweep("interchange", model, data)
    for (mean, swap) in zip(try sweep("mean-position", model, data), swapped) {
      #expect(abs(mean - swap) < Self.rounding)
    }
  }

  /// Noise follows from the seed and the cell, not from what else is in the batch.
  @Test func noiseOfACell() throws {
    let model = try ArchitectureFixtures.model("mistral")
    let data = Self.examples(3)
    let site = Site(.mlpOutput, layer: 1)
    let reader = try NoiseSource(deviation: 2, seed: 7).reader(
      of: data, at: [site], in: model, store: ActivationStore())
    let all = try reader.rows(of: [0, 1, 2], positions: [[0, 2], [1], [2]])[0]
    let one = try reader.rows(of: [2], positions: [[2]])[0]
    #expect(one.elements == all.rowSlice(3..<4).elements)
    #expect(all.rowSlice(0..<1).elements != all.rowSlice(1..<2).elements)
    let many = try NoiseSource(deviation: 2, seed: 7).reader(
      of: data, at: [site], in: model, store: ActivationStore()
    ).rows(of: Array(repeating: 0, count: 1), positions: [Array(0..<400)])[0].elements
    let mean = many.reduce(0) { $0 + Double($1) } / Double(many.count)
    let square = many.reduce(0) { $0 + Double($1) * Double($1) } / Double(many.count)
    // Five deviations of a mean and of a mean square of that many draws.
    let error = 1 / Double(many.count).squareRoot()
    #expect(abs(mean) < 5 * 2 * error)
    #expect(abs(square / 4 - 1) < 5 * 2.squareRoot() * error)
    let other = try sweep("noise:1", model, data, seed: 1)
    #expect(try other == sweep("noise:1", model, data, seed: 1))
    #expect(try other != sweep("noise:1", model, data, seed: 2))
  }

  /// Every example gets another one's base, and the same one at every layer.
  @Test func resampledBases() throws {
    let model = try ArchitectureFixtures.model("mistral")
    let data = Self.examples(5)
    let sites = [Site(.mlpOutput, layer: 0), Site(.mlpOutput, layer: 1)]
    let rows = try ResampledSource(seed: 1).reader(
      of: data, at: sites, in: model, store: ActivationStore()
    ).rows(of: Array(data.indices), positions: data.map { _ in [2] })
    var partners: [[Int]] = []
    for (line, site) in sites.enumerated() {
      let bases = try data.map { try row(model, $0.base, layer: site.layer).elements }
      partners.append(
        data.indices.map { index in
          let found = rows[line].rowSlice(index..<index + 1).elements
          return bases.firstIndex { other in
            zip(other, found).allSatisfy { abs($0 - $1) < 1e-5 }
          } ?? -1
        })
    }
    #expect(partners[0] == partners[1])
    #expect(Set(partners[0]) == Set(data.indices))
    #expect(zip(partners[0], data.indices).allSatisfy { $0 != $1 })
    let alone = Array(data.prefix(1))
    #expect(throws: AlignmentError.self) { try sweep("resample", model, alone) }
  }

  @Test(arguments: [
    ("zer", "expected interchange, zero,"), ("zero:1", "expected zero without a number"),
    ("lerp", "expected lerp:λ with a number"), ("lerp:nan", "found lerp:nan"),
    ("noise:-1", "from 0.0"), ("clamp:inf", "found clamp:inf"), ("add:", "found add:"),
  ]) func namesThatAreNone(text: String, message: String) {
    let found = line { _ = try ChosenIntervention(parsing: text) }
    #expect(found?.contains(message) == true, "\(found ?? "no error")")
  }

  @Test func skippingIsOfBlocks() throws {
    let model = try ArchitectureFixtures.model("mistral")
    let found = line { _ = try sweep("skip", model, Self.examples(2)) }
    #expect(found?.contains("block_output") == true)
    #expect(found?.contains("mlp_output") == true)
  }
}
