import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// A run with stored base runs equals the run without, and computes little.
@Suite struct ConeTests {
  private static let models = [
    "llama-mha", "llama-gqa", "llama-bias", "llama-gqa.gguf", "llama-gqa, bidirectional",
    "bert", "roberta",
  ]

  /// A fixture's model; every position sees every other one where the name says so.
  private static func model(_ name: String) throws -> Model {
    let parts = name.split(separator: ",")
    let model = try TinyModel(String(parts[0])).model
    guard parts.count == 2, let llama = model.architecture as? Transformer else { return model }
    return Model(llama.bidirectional)
  }

  /// A few inputs, so that cases share stored runs which lack stages that others kept.
  /// Of BERT some have token types.
  private func pool(_ name: String, _ generator: inout RandomGenerator) -> [ModelInput] {
    [1, 2, 4, 5, 7, 9, 12].map { length in
      let ids = (0..<length).map { _ in Int.random(in: 0..<61, using: &generator) }
      return name == "bert" && length % 2 == 1
        ? .segments(ids, types: ids.map { _ in Int.random(in: 0..<2, using: &generator) })
        : .tokens(ids)
    }
  }

  private func forEachCase(
    _ name: String, seed: UInt64, count: Int, _ body: (Model, GeneratedCase, Int) throws -> Void
  ) throws {
    let model = try Self.model(name)
    var generator = RandomGenerator(seed: seed)
    let pool = pool(name, &generator)
    for number in 0..<count {
      try body(model, try GeneratedCase(model, pool: pool, &generator), number)
    }
  }

  @Test(arguments: models)
  func sameValuesAndGradients(name: String) throws {
    let store = ActivationStore()
    var compared = 0
    try forEachCase(name, seed: 11, count: 250) { model, generated, number in
      let plain = try model.run(generated.request)
      // Fresh stores compute base runs for the case alone; the shared one has what others left.
      for (label, store) in [("shared store", store), ("fresh store", ActivationStore())] {
        let cone = try model.run(generated.request, store: store)
        for (found, expected) in zip(
          GeneratedCase.results(cone), GeneratedCase.results(plain))
        {
          expectSame(found, expected, "\(name) case \(number), \(label): \(generated.description)")
          compared += found.count
        }
        for (found, expected) in zip(
          generated.gradients(cone, seed: 5), generated.gradients(plain, seed: 5))
        {
          expectSame(
            found, expected, terms: 2 * Rounding.tinyRun,
            "\(name) case \(number), \(label), gradient: \(generated.description)")
        }
      }
    }
    #expect(compared > 50_000)
  }

  /// The outputs of a sequence don't depend on the rest of the batch.
  @Test(arguments: models, [false, true])
  func eachSequenceAlone(name: String, stores: Bool) throws {
    try forEachCase(name, seed: 12, count: 120) { model, generated, number in
      let together = GeneratedCase.results(
        try model.run(generated.request, store: stores ? ActivationStore() : nil))
      let alone = try generated.inputs.indices.map { sequence in
        GeneratedCase.results(
          try model.run(
            generated.request(only: sequence), store: stores ? ActivationStore() : nil))
      }
      for (index, result) in together.enumerated() {
        expectSame(
          result, .concatenatingRows(alone.map { $0[index] }),
          "\(name) case \(number), result \(index): \(generated.description)")
      }
    }
  }

  /// Edits reach only later positions and higher layers, with and without stored runs.
  @Test(arguments: [false, true])
  func nothingBeforeAnEditChanges(stores: Bool) throws {
    let tiny = try TinyModel("llama-gqa")
    let store = stores ? ActivationStore() : nil
    let input = tiny.inputs[3]
    let plain = try tiny.model.run(Request([input], logits: everywhere([input])), store: store)
    let edits = [Edit(Cells(.valueOutput, layer: 1, positions: [[4]])) { 3 * $0 }]
    let run = try tiny.model.run(
      Request([input], edits: edits, logits: everywhere([input])), store: store)
    let (before, after) = (try #require(plain.logits), try #require(run.logits))
    expectSame(after.rowSlice(0..<4), before.rowSlice(0..<4), "before the edit")
    for position in 4..<9 {
      let change = (after - before).row(position).elements.reduce(0) { max($0, abs($1)) }
      #expect(change > 1e-4, "position \(position)")
    }
  }

  @Test func theConeIsSmall() throws {
    let tiny = try TinyModel("llama-gqa")
    let counting = CountingArchitecture(base: tiny.model.architecture)
    let model = Model(counting)
    let inputs = [tiny.inputs[3], tiny.inputs[0]]  // 9 and 7 tokens
    let last = [[8], [6]]
    let edit = Edit(Cells(.blockOutput, layer: 1, positions: last)) { 2 * $0 }
    let request = Request(inputs, edits: [edit], logits: last)

    _ = try model.run(request)
    #expect(
      counting.counter.take()
        == .init(blocks: [0: [16, 16], 1: [16, 16], 2: [16, 2]], logits: 2, embedded: 16))

    let store = ActivationStore(for: [.blockOutput(1, .last)])
    _ = try model.run(request, store: store)
    _ = counting.counter.take()
    let kept = store.byteCount
    for _ in 0..<3 {
      _ = try model.run(request, store: store)
      #expect(counting.counter.take() == .init(blocks: [2: [2, 2]], logits: 2, embedded: 0))
    }
    // A run that the store was made for computes nothing more, and the plain outputs are there as
    // well.
    let plain = try model.run(.lastLogits(inputs), store: store)
    #expect(counting.counter.take() == .init(blocks: [:], logits: 2, embedded: 0))
    expectSame(
      try #require(plain.logits), try #require(try tiny.model.run(.lastLogits(inputs)).logits),
      "plain logits")
    #expect(store.byteCount == kept)
    // Keys and values of layer 2 (2 heads of width 4) before the last positions, and the last rows
    // of two stages of the residual stream.
    #expect(kept == 4 * ((8 + 6) * 2 * 8 + 2 * 2 * 16))
  }

  @Test func aBidirectionalConeIsEverythingAbove() throws {
    let counting = CountingArchitecture(
      base: try Self.model("llama-gqa, bidirectional").architecture)
    let model = Model(counting)
    let input = try TinyModel("llama-gqa").inputs[3]
    let store = ActivationStore()
    let request = Request(
      [input], edits: [Edit(Cells(.blockOutput, layer: 0, positions: [[8]])) { 2 * $0 }],
      logits: [[0]])
    let run = try model.run(request, store: store)
    _ = counting.counter.take()
    let again = try model.run(request, store: store)
    #expect(
      counting.counter.take() == .init(blocks: [1: [9, 9], 2: [9, 1]], logits: 1, embedded: 0))
    expectSame(try #require(again.logits), try #require(run.logits), "again")
    // Position 0 sees an edit of position 8: not in a causal model.
    let plain = try #require(try model.run(Request([input], logits: [[0]])).logits)
    #expect((plain - (try #require(run.logits))).elements.contains { abs($0) > 1e-4 })
  }

  /// Some outputs are the same numbers as among all, with the same gradients.
  @Test func wantedOutputs() throws {
    for name in ["llama-gqa", "llama-bias", "llama-gqa.gguf"] {
      let tiny = try TinyModel(name)
      let outputs = [40, 3, 3, 0]
      var request = Request(tiny.inputs, logits: tiny.inputs.map { [$0.length - 1, 0] })
      let map = Parameter("map", Tensor(repeating: 0.5, shape: [1, 16]))
      request.edits = [
        Edit(Cells(.blockOutput, layer: 1, positions: tiny.inputs.map { _ in [0] })) {
          $0.multiplyingRows(map.tensor.reshaped([16]))
        }
      ]
      let all = try #require(try tiny.model.run(request).logits)
      let chosen = all.transposed().gatherRows(outputs).transposed()
      request.outputs = outputs
      let some = try #require(try tiny.model.run(request).logits)
      expectSame(some, chosen, name)
      let gradients = [chosen, some].map { logits in
        map.clearGradient()
        (logits * logits).sum().backward()
        return map.gradient ?? .zeros([0])
      }
      expectSame(gradients[1], gradients[0], terms: 2 * Rounding.tinyRun, "\(name), gradient")
    }
    let tiny = try TinyModel("llama-mha")
    #expect(throws: ModelError.self) {
      try tiny.model.run(.lastLogits([tiny.inputs[0]], outputs: [tiny.model.architecture.outputs]))
    }
  }

  @Test func anEarlierEditTakesItsLaterPositions() throws {
    let tiny = try TinyModel("llama-mha")
    let counting = CountingArchitecture(base: tiny.model.architecture)
    let model = Model(counting)
    let input = tiny.inputs[3]
    let store = ActivationStore()
    let request = Request(
      [input], edits: [Edit(Cells(.mlpOutput, layer: 1, positions: [[5]])) { 2 * $0 }],
      logits: [[8]])
    _ = try model.run(request, store: store)
    _ = counting.counter.take()
    _ = try model.run(request, store: store)
    // Positions 5 to 8 at layers 1 and 2; the last block's output at the measured one.
    #expect(
      counting.counter.take() == .init(blocks: [1: [4, 4], 2: [4, 1]], logits: 1, embedded: 0))
  }

  /// Edits of one component are applied in the order given, and captures read what they left.
  @Test(arguments: [false, true])
  func orderOfEditsAndCaptures(stores: Bool) throws {
    let tiny = try TinyModel("llama-gqa")
    let cells = Cells(.mlpOutput, layer: 1, positions: [[2]])
    let head = Cells(.queryOutput, layer: 1, head: 1, positions: [[2]])
    let ones = Tensor(repeating: 1, shape: [1, 16])
    let run = try tiny.model.run(
      Request(
        [tiny.inputs[0]],
        edits: [
          Edit(cells) { _ in ones }, Edit(cells) { 3 * $0 }, Edit(cells) { $0 + ones },
          Edit(head) { 0 * $0 },
        ],
        captures: [cells, Cells(.queryOutput, layer: 1, positions: [[2]])]),
      store: stores ? ActivationStore() : nil)
    #expect(run.captures[0].elements == Array(repeating: 4, count: 16))
    let query = run.captures[1].elements
    #expect(query[4..<8].allSatisfy { $0 == 0 })
    #expect((query[..<4] + query[8...]).allSatisfy { $0 != 0 })
  }
}
