import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import Testing

/// The stated cost of a run is the cells it computes.
@Suite struct RunCostTests {
  private static let models = [
    "llama-mha", "llama-gqa", "llama-bias", "llama-gqa.gguf", "llama-gqa, bidirectional",
  ]

  private static func llama(_ name: String) throws -> Transformer {
    let parts = name.split(separator: ",")
    let llama = try #require(
      try TinyModel(String(parts[0])).model.architecture as? Transformer)
    return parts.count == 2 ? llama.bidirectional : llama
  }

  /// Weights of the products of a block: those with all rows that come in, those with the needed
  /// ones.
  private static func products(_ llama: Transformer) -> (key: Int, output: Int) {
    let shape = llama.design
    let (all, keys) = (shape.heads * shape.headWidth, shape.keyHeads * shape.headWidth)
    return (
      2 * keys * shape.width, 2 * all * shape.width + 3 * shape.hiddenWidth * shape.width
    )
  }

  /// Compares costs with the rows that were counted while the request ran.
  private func compare(
    _ costs: [RunCost], _ counted: CountingArchitecture.Rows, _ llama: Transformer,
    _ request: Request,
    _ label: String
  ) throws {
    let layers = counted.blocks.keys.sorted()
    let hasOutput =
      request.logits != nil || request.captures.contains { $0.component == .logits }
    try #require(costs.count == layers.count + (hasOutput ? 1 : 0), "\(label)")
    let weights = Self.products(llama)
    // Of one attended position: a product with its key and one with its value.
    let pair = Double(4 * llama.design.heads * llama.design.headWidth)
    for (cost, layer) in zip(costs, layers) {
      let rows = try #require(counted.blocks[layer])
      #expect(cost.rows == rows[1], "\(label), layer \(layer)")
      let products = 2 * (weights.key * rows[0] + weights.output * rows[1])
      let pairs = (cost.operations - Double(products)) / pair
      let longest = request.inputs.map(\.length).max() ?? 0
      #expect(pairs == pairs.rounded(), "\(label), layer \(layer)")
      #expect(
        pairs >= Double(rows[1]) && pairs <= Double(rows[1] * longest), "\(label), layer \(layer)")
      #expect(cost.weightBytes > 0, "\(label), layer \(layer)")
    }
    guard hasOutput else { return }
    let output = costs[costs.count - 1]
    #expect(output.rows == 0, "\(label)")
    #expect(
      output.operations
        == Double(2 * counted.logits * llama.design.vocabulary * llama.width), "\(label)")
  }

  @Test(arguments: models)
  func costsAreWhatIsCounted(name: String) throws {
    let llama = try Self.llama(name)
    let counting = CountingArchitecture(base: llama)
    let model = Model(counting)
    var generator = RandomGenerator(seed: 21)
    let pool = [1, 2, 4, 5, 7, 9, 12].map { length in
      ModelInput.tokens((0..<length).map { _ in Int.random(in: 0..<61, using: &generator) })
    }
    let shared = ActivationStore()
    var (rows, cones) = (0, 0)
    for number in 0..<100 {
      let generated = try GeneratedCase(model, pool: pool, &generator)
      let label = "\(name) case \(number): \(generated.description)"
      let request = generated.request
      _ = try model.run(request)
      let plain = try model.costs(of: request, hasStore: false)
      try compare(plain, counting.counter.take(), llama, request, label)

      for store in [ActivationStore(), shared] {
        // The first run makes the base runs that are missing; the second computes the cone alone.
        _ = try model.run(request, store: store)
        _ = counting.counter.take()
        _ = try model.run(request, store: store)
        let cone = try model.costs(of: request, hasStore: true)
        try compare(cone, counting.counter.take(), llama, request, "cone of " + label)
        let (less, all) = (total(cone), total(plain))
        #expect(less.rows <= all.rows && less.operations <= all.operations, "\(label)")
        cones += less.rows
      }
      rows += total(plain).rows
    }
    // The cases were worth it: rows in both, far fewer in the cones of the causal models.
    #expect(rows > 1000 && cones > 200)
    #expect(cones < 2 * rows)
  }

  private func total(_ costs: [RunCost]) -> RunCost { costs.reduce(RunCost(), +) }

  /// 2 operations for each weight and token, and 4 for each number of a pair's heads.
  @Test func aPlainForward() throws {
    let llama = try Self.llama("llama-gqa")
    let model = Model(llama)
    let lengths = [9, 1, 5]
    let inputs = lengths.map { ModelInput.tokens(Array(repeating: 3, count: $0)) }
    let costs = try model.costs(
      of: Request(inputs, logits: everywhere(inputs)), hasStore: false)
    #expect(costs.count == 4)
    let tokens = 15
    // All parameters but the norms; the embedding table is the output's matrix.
    let weights = model.architecture.parameterCount - 7 * 16
    let pairs = lengths.reduce(0) { $0 + $1 * ($1 + 1) / 2 }
    let all = total(costs)
    #expect(all.operations == Double(2 * weights * tokens + 3 * 4 * 16 * pairs))
    #expect(all.weightBytes == Double(4 * weights))
    #expect(all.rows == 3 * tokens)
    // An encoder's positions see all others.
    let wide = try Model(llama.bidirectional).costs(
      of: Request(inputs, logits: everywhere(inputs)), hasStore: false)
    let everyPair = lengths.reduce(0) { $0 + $1 * $1 }
    #expect(total(wide).operations == Double(2 * weights * tokens + 3 * 4 * 16 * everyPair))
  }

  /// The lengths of attention by hand: position p sees p + 1 positions.
  @Test func attentionOfACone() throws {
    let llama = try Self.llama("llama-gqa")
    let inputs = [9, 6].map { ModelInput.tokens(Array(repeating: 3, count: $0)) }
    let edit = Edit(Cells(.blockOutput, layer: 0, positions: [[6], [5]])) { $0 }
    let costs = try Model(llama).costs(of: .lastLogits(inputs, edits: [edit]), hasStore: true)
    let weights = Self.products(llama)
    // Layer 1 computes positions 6 to 8 and 5; layer 2 keys for them, and the last positions.
    let products = [4 * weights.key + 4 * weights.output, 4 * weights.key + 2 * weights.output]
    let pairs = [7 + 8 + 9 + 6, 9 + 6]
    let expected = zip(products, pairs).map { 2 * $0 + 4 * 16 * $1 } + [2 * 2 * 61 * 16]
    #expect(costs.map(\.operations) == expected.map(Double.init))
    #expect(costs.map(\.rows) == [4, 2, 0])
  }

  @Test func higherLayersAndLaterPositionsCostLess() throws {
    let model = Model(try Self.llama("llama-bias"))
    let inputs = (0..<3).map { _ in ModelInput.tokens(Array(repeating: 3, count: 12)) }
    func cost(layer: Int, position: Int, hasStore: Bool = true) throws -> RunCost {
      let cells = Cells(.blockOutput, layer: layer, positions: inputs.map { _ in [position] })
      return total(
        try model.costs(
          of: .lastLogits(inputs, edits: [Edit(cells) { $0 }]), hasStore: hasStore))
    }
    for position in 0..<12 {
      let costs = try (0..<3).map { try cost(layer: $0, position: position) }
      for (lower, higher) in zip(costs, costs.dropFirst()) {
        #expect(
          lower.operations > higher.operations && lower.rows > higher.rows
            && lower.weightBytes > higher.weightBytes, "position \(position)")
      }
    }
    for layer in 0..<2 {
      let costs = try (0..<12).map { try cost(layer: layer, position: $0) }
      for (earlier, later) in zip(costs, costs.dropFirst()) {
        #expect(earlier.operations > later.operations, "layer \(layer)")
        #expect(earlier.weightBytes == later.weightBytes, "layer \(layer)")
      }
    }
    // Without stored base runs it makes no difference where the edit is.
    let plain = try cost(layer: 0, position: 0, hasStore: false)
    #expect(try cost(layer: 2, position: 11, hasStore: false) == plain)
    // The one number that remains of the last layer: its output.
    #expect(try cost(layer: 2, position: 11).operations == Double(2 * 3 * 61 * 16))
  }

  /// Outputs that are compared have their share of the output's cost.
  @Test func wantedOutputs() throws {
    let input = ModelInput.tokens([3, 4, 5])
    let plain = Model(try Self.llama("llama-gqa"))
    func all(_ model: Model) throws -> [RunCost] {
      try model.costs(of: .lastLogits([input]), hasStore: false)
    }
    let two = try plain.costs(of: .lastLogits([input], outputs: [7, 9]), hasStore: false)
    // Shares of 61 round.
    #expect(abs(two[3].operations - Double(2 * 2 * 16)) < 1e-9)
    #expect(abs(two[3].weightBytes - Double(4 * 2 * 16)) < 1e-9)
    #expect(try two[..<3] == all(plain)[..<3])
  }

  /// With growing caches every new position makes keys in every layer, measured or not.
  @Test(arguments: [5, 1])
  func growingCaches(measured: Int) throws {
    let llama = try Self.llama("llama-gqa")
    let counting = CountingArchitecture(base: llama)
    let model = Model(counting)
    let caches = (0..<2).map { _ in KeyValueCache(layers: 3) }
    for (tokens, position) in [([3, 4, 5, 6, 7, 8], measured), ([3, 4, 5, 6, 7, 8, 9], 6)] {
      let inputs = [ModelInput.tokens(tokens), .tokens(tokens)]
      let request = Request(
        inputs, logits: inputs.map { _ in [position] }, caches: caches)
      let costs = try model.costs(of: request, hasStore: false)
      _ = try model.run(request)
      try compare(costs, counting.counter.take(), llama, request, "\(tokens.count) tokens")
    }
  }

  @Test func aPerceptron() throws {
    let network = Perceptron(inputs: 5, width: 7, layers: 2, outputs: 3, seed: 0)
    let inputs = (0..<4).map { _ in ModelInput.vectors([[1, 2, 3, 4, 5]]) }
    let costs = try Model(network).costs(of: .lastLogits(inputs), hasStore: false)
    #expect(costs.map(\.operations) == [280, 392, 168])  // 8 · 35, 49, 21
    #expect(costs.map(\.weightBytes) == [140, 196, 84])
    // Rows are those of blocks; the output has none.
    #expect(costs.map(\.rows) == [4, 4, 0])
    let edit = Edit(Cells(.blockOutput, layer: 0, positions: inputs.map { _ in [0] })) { $0 }
    let cone = try Model(network).costs(of: .lastLogits(inputs, edits: [edit]), hasStore: true)
    #expect(cone == Array(costs[1...]))
  }

  @Test func aRequestThatDoesNotFit() throws {
    let model = Model(try Self.llama("llama-gqa"))
    let edit = Edit(Cells(.blockOutput, layer: 3, positions: [[0]])) { $0 }
    #expect(throws: ModelError.layerOutOfRange(layer: 3, layers: 3)) {
      try model.costs(of: .lastLogits([.tokens([1])], edits: [edit]), hasStore: true)
    }
    #expect(throws: ModelError.positionOutOfRange(position: 2, length: 2)) {
      try model.costs(of: Request([.tokens([1, 2])], logits: [[2]]), hasStore: false)
    }
  }
}
