import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import Testing

/// The memory of stored base runs: what is kept, what goes, what comes back.
@Suite struct ActivationStoreTests {
  private func inputs(_ count: Int, seed: UInt64 = 1) -> [ModelInput] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in
      .tokens((0..<10).map { _ in Int.random(in: 0..<61, using: &generator) })
    }
  }

  private func request(_ inputs: [ModelInput], _ map: Parameter) -> Request {
    let cells = Cells(.blockOutput, layer: 0, positions: inputs.map { _ in [7] })
    return .lastLogits(inputs, edits: [Edit(cells) { $0.linear(map.tensor) }])
  }

  /// A tenth of what all records need: the same numbers, computed again and again.
  @Test(arguments: ActivationStore.Precision.allCases)
  func aSmallBudgetGivesTheSameNumbers(precision: ActivationStore.Precision) throws {
    let model = try TinyModel("llama-gqa").model
    let all = inputs(40)
    var generator = RandomGenerator(seed: 2)
    let map = Parameter("map", .normal([16, 16], deviation: 0.25, using: &generator))
    let large = ActivationStore(precision: precision)
    // In the same batches as below: kernels round differently for other numbers of rows.
    for start in stride(from: 0, to: 40, by: 4) {
      _ = try model.run(request(Array(all[start..<start + 4]), map), store: large)
    }
    #expect(large.computed == 40)
    let small = ActivationStore(budget: large.byteCount / 10, precision: precision)
    for _ in 0..<2 {
      for start in stride(from: 0, to: 40, by: 4) {
        let batch = request(Array(all[start..<start + 4]), map)
        let results = try [small, large].map { store in
          map.clearGradient()
          let logits = try #require(try model.run(batch, store: store).logits)
          logits.sum().backward()
          return (logits, try #require(map.gradient))
        }
        #expect(results[0].0.elements == results[1].0.elements)
        #expect(results[0].1.elements == results[1].1.elements)
        #expect(small.byteCount <= small.budget)
      }
    }
    // In rounds through all of them, what was used longest ago is always what comes next.
    #expect(small.computed == 80 && small.requested == 80)
    #expect(large.computed == 40 && large.requested == 120)
  }

  @Test func recentRecordsStay() throws {
    let model = try TinyModel("llama-gqa").model
    let all = inputs(5)
    let map = Parameter("map", Tensor(repeating: 0.1, shape: [16, 16]))
    let probe = ActivationStore()
    _ = try model.run(request([all[0]], map), store: probe)
    let store = ActivationStore(budget: 3 * probe.byteCount)
    for index in [0, 1, 2, 0, 3, 0, 4, 0] {
      _ = try model.run(request([all[index]], map), store: store)
    }
    #expect(store.computed == 5)
    _ = try model.run(request([all[1]], map), store: store)
    #expect(store.computed == 6)
  }

  @Test func bfloat16HalvesTheMemoryAndMovesResultsALittle() throws {
    let model = try TinyModel("llama-gqa").model
    let map = Parameter("map", Tensor(repeating: 0.1, shape: [16, 16]))
    let (exact, halved) = (ActivationStore(), ActivationStore(precision: .bfloat16))
    let request = request(inputs(6), map)
    let logits = try [exact, halved].map {
      try #require(try model.run(request, store: $0).logits)
    }
    #expect(2 * halved.byteCount == exact.byteCount)
    let moved = (logits[0] - logits[1]).elements.map(abs).max() ?? 0
    let size = logits[0].elements.map(abs).max() ?? 0
    // bfloat16 has 8 significant bits: 2⁻⁸ of a row's size, through two blocks.
    #expect(moved > 0 && moved < size / 64)
  }

  @Test func aBatchThatDoesNotFitIsRefused() throws {
    let model = try TinyModel("llama-gqa").model
    let map = Parameter("map", Tensor(repeating: 0.1, shape: [16, 16]))
    let store = ActivationStore(budget: 1000)
    let error = #expect(throws: ModelError.self) {
      try model.run(request(inputs(4), map), store: store)
    }
    #expect("\(try #require(error))".hasPrefix("activation memory: the base runs of one batch"))
    #expect(store.byteCount == 0)
  }

  /// An odd number of bfloat16 takes a whole float32 place more, which the budget counts as well.
  @Test func theBudgetIsKeptToTheByte() throws {
    let model = Model(Perceptron(inputs: 2, width: 7, layers: 2, outputs: 3, seed: 0))
    let inputs = (0..<3).map { ModelInput.vectors([[Float($0), 1]]) }
    for (precision, bytes) in [(ActivationStore.Precision.float32, 28), (.bfloat16, 16)] {
      let store = ActivationStore(budget: 3 * bytes, precision: precision)
      _ = try model.run(.lastLogits(inputs), store: store)
      #expect(store.byteCount == 3 * bytes)
      let smaller = ActivationStore(budget: 3 * bytes - 1, precision: precision)
      let error = ModelError.activationBudget(needed: 3 * bytes, budget: 3 * bytes - 1)
      #expect(throws: error) { try model.run(.lastLogits(inputs), store: smaller) }
      #expect(smaller.byteCount == 0)
      for input in inputs {
        _ = try model.run(.lastLogits([input]), store: smaller)
        #expect(smaller.byteCount <= smaller.budget)
      }
      #expect(smaller.computed == 3)
    }
  }

  @Test func reservationsEndWithTheirScope() throws {
    let model = try TinyModel("llama-gqa").model
    let store = ActivationStore()
    let input = inputs(1)
    let map = Parameter("map", Tensor(repeating: 0.1, shape: [16, 16]))
    try store.reserving([.blockOutput(0, .index(7)), .blockOutput(1, .last)]) {
      _ = try model.run(.lastLogits(input), store: store)
    }
    // The record has what the sites and the plain output need.
    _ = try model.run(request(input, map), store: store)
    #expect(store.computed == 1)
    _ = try model.run(.lastLogits(inputs(1, seed: 9)), store: store)
    let bytes = store.byteCount
    store.clear()
    _ = try model.run(.lastLogits(inputs(1, seed: 9)), store: store)
    #expect(store.byteCount == 4 * 16 && bytes > 2 * store.byteCount)
  }
}
