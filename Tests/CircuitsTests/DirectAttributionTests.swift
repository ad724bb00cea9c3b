import InterchangeBasics
import InterchangeCircuits
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Direct attribution: the sum of all parts, and each part against plain loops.
@Suite struct DirectAttributionTests {
  private static let tokens = [5, 17, 3, 9, 5, 22]

  private func attribution(
    _ model: Model, answer: Int = 7, other: Int? = 30, neurons: Int = .max, heads: Int = 1000
  ) throws -> DirectAttribution {
    try model.directAttribution(
      of: [AttributedInput(.tokens(Self.tokens), answer: answer, other: other)],
      neurons: neurons, sourcesOf: heads)
  }

  /// Of every decoder whose stream is a sum the parts sum to the logits of the run, and heads and
  /// neurons to their layer's part.
  @Test(arguments: ArchitectureFixtures.decoders.filter { $0 != "opt-post-norm" })
  func partsSumToTheLogits(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    for other in [nil, 30] {
      let found = try attribution(model, other: other)
      let logits = try #require(
        try model.run(.lastLogits([.tokens(Self.tokens)], outputs: [7, 30])).logits)
      let run = Double(logits[0, 0]) - (other == nil ? 0 : Double(logits[0, 1]))
      if !found.softCap { #expect(abs(found.difference.mean - run) < 1e-4) }
      #expect(abs(found.sum.mean - found.difference.mean) < 1e-4)
      #expect(abs(found.parts.reduce(0) { $0 + $1.share.mean } - found.sum.mean) < 1e-9)
      for heads in found.heads {
        let attention = try #require(
          found.parts.first { $0.kind == .attention && $0.layer == heads.layer })
        let sum = heads.shares.reduce(heads.bias.mean) { $0 + $1.mean }
        #expect(abs(sum - attention.share.mean) < 1e-4)
      }
      for (layer, bias) in found.mlpBiases.enumerated() {
        guard let bias else {
          #expect(found.expertLayers.contains(layer))
          continue
        }
        let mlp = try #require(found.parts.first { $0.kind == .mlp && $0.layer == layer })
        let sum = found.neurons.filter { $0.layer == layer }.reduce(bias.mean) {
          $0 + $1.share.mean
        }
        #expect(abs(sum - mlp.share.mean) < 1e-4)
      }
      // By source position they sum to the head.
      for sources in found.sources {
        let head = found.heads[sources.layer].shares[sources.head].mean
        #expect(abs(sources.shares.reduce(0, +) - head) < 1e-4)
      }
      #expect(found.sources.count == found.heads.reduce(0) { $0 + $1.shares.count })
    }
  }

  @Test func theStreamOfAPostNormModelIsNoSum() throws {
    let model = try ArchitectureFixtures.model("opt-post-norm")
    let error = #expect(throws: CircuitError.self) { try attribution(model) }
    #expect("\(try #require(error))".contains("its stream is normed after every addition"))
    let known = Set(ArchitectureFixtures.index.map(\.name))
    for name in ["t5", "bart", "electra"] where known.contains(name) {
      #expect(throws: CircuitError.self) { try attribution(ArchitectureFixtures.model(name)) }
    }
  }

  /// The soft cap of Gemma 2's logits is left out, and that is said.
  @Test func aBoundIsLeftOut() throws {
    #expect(try attribution(ArchitectureFixtures.model("gemma2")).softCap)
    #expect(try !attribution(ArchitectureFixtures.model("gemma3")).softCap)
  }

  /// Weights by their names in the checkpoint.
  private func weights(_ model: Model) throws -> [String: WeightSlot.Value] {
    let inventory = try #require(model.architecture as? any WeightInventory)
    return Dictionary(
      inventory.weights.compactMap { slot in slot.names.folder.map { ($0, slot.value) } },
      uniquingKeysWith: { first, _ in first })
  }

  private func matrix(_ value: WeightSlot.Value?) throws -> Tensor {
    switch try #require(value) {
    case .map(let map): map.weight.floats()
    case .table(let table): table.floats()
    case .tensor(let tensor): tensor
    case .norm(let weight, _): weight
    }
  }

  /// The names of the weights that the plain loops read.
  private static let names = [
    "llama3-scaled": ("model.norm", "lm_head", "model.layers.1.self_attn.o_proj"),
    "gpt2": ("transformer.ln_f", "transformer.wte", "transformer.h.1.attn.c_proj"),
  ]

  /// A part's and a head's shares are those of loops over the weights: with the norm's scale, its
  /// centering in a layer norm, and the head's own columns of the output projection.
  @Test(arguments: ["llama3-scaled", "gpt2"]) func equalsAPlainLoop(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    let weights = try weights(model)
    let (normName, tableName, outputName) = try #require(Self.names[name])
    func named(_ name: String) -> WeightSlot.Value? {
      weights[name] ?? weights.first { name.hasSuffix("." + $0.key) }?.value
    }
    let gain = try matrix(named(normName)).elements.map(Double.init)
    let table = try matrix(named(tableName))
    let output = try matrix(named(outputName))
    let last = Self.tokens.count - 1
    var request = Request([.tokens(Self.tokens)])
    request.captures = [
      Cells(.blockOutput, layer: model.architecture.layers - 1, positions: [[last]]),
      Cells(.attentionOutput, layer: 1, positions: [[last]]),
      Cells(.attentionValueOutput, layer: 1, positions: [[last]]),
    ]
    let rows = try model.run(request).captures.map { $0.elements.map(Double.init) }
    let width = gain.count
    let centers = name == "gpt2"
    func centered(_ row: [Double]) -> [Double] {
      let mean = centers ? row.reduce(0, +) / Double(width) : 0
      return row.map { $0 - mean }
    }
    let whole = centered(rows[0])
    let epsilon = centers ? 1e-5 : 1e-6
    let scale = (whole.reduce(0) { $0 + $1 * $1 } / Double(width) + epsilon).squareRoot()
    func share(_ row: [Double]) -> Double {
      let part = centered(row)
      return (0..<width).reduce(0.0) {
        $0 + part[$1] / scale * gain[$1] * (Double(table[7, $1]) - Double(table[30, $1]))
      }
    }
    let found = try attribution(model)
    let attention = try #require(found.parts.first { $0.name == "attention 1" })
    #expect(abs(attention.share.mean - share(rows[1])) < 1e-4)
    #expect(abs(attention.share.mean) > 1e-3)
    let heads = found.heads[1].shares.count
    let headWidth = rows[2].count / heads
    for head in 0..<heads {
      let made = (0..<width).map { row in
        (head * headWidth..<(head + 1) * headWidth).reduce(0.0) {
          $0 + Double(output[row, $1]) * rows[2][$1]
        }
      }
      #expect(abs(found.heads[1].shares[head].mean - share(made)) < 1e-4)
    }
    // Norms and cosines of the parts.
    let norm = rows[1].reduce(0) { $0 + $1 * $1 }.squareRoot()
    let full = rows[0].reduce(0) { $0 + $1 * $1 }.squareRoot()
    let product = zip(rows[0], rows[1]).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs((attention.norm ?? .nan) - norm) < 1e-5)
    #expect(abs((attention.cosine ?? .nan) - product / (norm * full)) < 1e-5)
  }

  /// Over several inputs they are means with their standard errors, whatever the batches.
  @Test func meansOverInputs() throws {
    let model = try ArchitectureFixtures.model("llama3-scaled")
    let inputs = (0..<19).map { index in
      AttributedInput(
        .tokens(Self.tokens.prefix(2 + index % 5) + [index]), answer: index, other: index + 3)
    }
    let all = try model.directAttribution(of: inputs, neurons: 3)
    let single = try inputs.map { try model.directAttribution(of: [$0], neurons: 3) }
    #expect(all.count == 19 && all.sources.isEmpty && all.neurons.count == 3)
    for (index, part) in all.parts.enumerated() {
      let values = single.map { $0.parts[index].share.mean }
      let statistics = SeedStatistics(values)
      #expect(abs(part.share.mean - statistics.mean) < 1e-5)
      #expect(abs(part.share.error - statistics.deviation / 19.0.squareRoot()) < 1e-5)
    }
    #expect(throws: CircuitError.noExamples(reason: "the data set is empty")) {
      try model.directAttribution(of: [])
    }
    #expect(throws: ModelError.self) {
      try model.directAttribution(of: [AttributedInput(.tokens([1]), answer: 48)])
    }
  }
}
