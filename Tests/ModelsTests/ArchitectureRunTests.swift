import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Every architecture: texts of many lengths in a batch, attention weights, random weights.
@Suite struct ArchitectureRunTests {
  /// The first tokens of an input.
  private func beginning(_ input: ModelInput, _ count: Int) -> ModelInput {
    if case .pair(let source, let target) = input {
      return .pair(source: beginning(source, count), target: Array(target.prefix(count)))
    }
    guard case .segments(let ids, let types) = input else {
      return .tokens(Array(input.tokenIDs!.prefix(count)))
    }
    return .segments(Array(ids.prefix(count)), types: Array(types.prefix(count)))
  }

  /// Texts of different lengths, with an edit and every component of a layer, are the same in a
  /// batch and alone.
  @Test(arguments: ArchitectureForm.all)
  func mixedLengths(name: String) throws {
    let form = try ArchitectureForm(name)
    let long = try form.input("long")
    let inputs = [3, long.length, 1, 7, 2, 12].map { beginning(long, $0) }
    var generator = RandomGenerator(seed: 8)
    let (model, width) = (form.model, form.model.architecture.width)
    let last = model.architecture.layers - 1
    let noise = inputs.map { _ in Tensor.normal([1, width], deviation: 1, using: &generator) }
    let components = Component.allCases.filter {
      !$0.isOfSource && model.architecture.hasComponent($0, layer: last)
    }
    func request(_ chosen: [Int]) -> Request {
      let inputs = chosen.map { inputs[$0] }
      func length(_ input: ModelInput, _ layer: Int) -> Int {
        model.positionCount(of: input, .blockOutput, layer: layer)
      }
      let edited = Cells(.blockOutput, layer: 0, positions: inputs.map { [length($0, 0) / 2] })
      let ends = inputs.map { [0, length($0, last) - 1] }
      var request = Request(
        inputs, edits: [Edit(edited) { $0 + .concatenatingRows(chosen.map { noise[$0] }) }],
        captures: [Cells(.blockOutput, layer: last, positions: ends)],
        logits: inputs.map { [model.architecture.outputPosition(of: $0)] })
      request.captures += components.map { Cells($0, layer: last, positions: ends) }
      return request
    }
    let store = ActivationStore()
    let together = try [nil, store].map {
      try model.run(request(Array(inputs.indices)), store: $0)
    }
    for index in inputs.indices {
      let alone = try model.run(request([index]))
      for run in together {
        let label = "\(name), \(inputs[index].length) tokens"
        expectSame(
          try #require(run.logits).rowSlice(index..<index + 1), try #require(alone.logits), label)
        for (place, captured) in run.captures.enumerated() {
          let rows = captured.rowSlice(2 * index..<2 * index + 2)
          let expected = alone.captures[place]
          let heads = model.architecture.dimensions(of: .attentionWeight)?.heads ?? 1
          let own = rows.width == expected.width ? rows : rows.keeping(expected.width, of: heads)
          let name = place == 0 ? "" : components[place - 1].rawValue
          expectSame(own, expected, "\(label), \(name)")
        }
      }
    }
  }

  /// Attention weights mix the values into what each head gives; rows sum to 1, and see nothing
  /// later in a causal model, and nothing beyond a window.
  @Test(arguments: ArchitectureForm.all)
  func attentionWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let architecture = form.model.architecture
    let input = try form.input("long")
    let clip = (architecture as? Transformer)?.design.attention.clip ?? .infinity
    for layer in 0..<architecture.layers {
      let everywhere = form.everywhere(input, .attentionValueOutput, layer)
      let length = everywhere[0].count
      var request = Request([input])
      request.captures = [.valueOutput, .attentionValueOutput].map {
        Cells($0, layer: layer, positions: everywhere)
      }
      let run = try form.model.run(request)
      let weights = try form.model.attentionWeights([input], layer: layer)[0]
      let heads = weights.shape[0]
      try #require(weights.shape == [heads, length, length] && heads > 1)
      let rows = weights.reshaped([heads * length, length])
      #expect(rows.elements.allSatisfy { $0 >= 0 })
      let sums = rows.linear(Tensor(repeating: 1, shape: [1, length])).elements
      #expect(sums.allSatisfy { abs($0 - 1) < 1e-5 })
      if architecture.isCausal, !form.model.isOfSource(.blockOutput, layer: layer) {
        #expect(
          (0..<heads * length).allSatisfy { row in
            rows.row(row).elements[(row % length + 1)...].allSatisfy { $0 == 0 }
          })
      }
      let mixed = run.captures[1]
      let values = Tensor(
        run.captures[0].elements.map { min(max($0, -clip), clip) }, shape: run.captures[0].shape)
      let width = mixed.width / heads
      let keyHeads = values.width / width
      for head in 0..<heads {
        let own = head * keyHeads / heads
        let expected = rows.rowSlice(head * length..<(head + 1) * length)
          .matrixProduct(values.columns(own * width..<(own + 1) * width))
        expectSame(
          mixed.columns(head * width..<(head + 1) * width), expected, "\(name) \(layer).\(head)")
      }
    }
  }

  /// A classifier's labels aren't taken for tokens that a text goes on with.
  @Test(arguments: ["llama-classifier", "gpt2-classifier", "mistral-classifier"])
  func classifiersWriteNothing(name: String) throws {
    let model = try ArchitectureForm(name).model
    let count = try #require(model.architecture.labels?.count)
    #expect(
      line { _ = try model.generate([[2, 3]]) }
        == "this \(model.architecture.name) model is a classifier: its outputs are \(count) labels, "
        + "and no tokens that a text could go on with")
  }

  /// A model with random weights has the same list of weights, and outputs that are its own.
  @Test(arguments: ArchitectureForm.all)
  func randomWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let architecture = form.model.architecture
    let input = try form.input("long")
    func logits(_ architecture: any Architecture) throws -> Tensor {
      let model = Model(architecture)
      return try #require(try model.run(model.measuring([input])).logits)
    }
    let random = try [1, 1, 2].map { try architecture.randomlyInitialized(seed: $0) }
    let found = try random.map(logits)
    #expect(found[0].elements == found[1].elements)
    #expect(found[0].elements != found[2].elements)
    #expect(found[0].elements != (try logits(architecture)).elements)
    #expect(found[0].elements.allSatisfy { $0.isFinite })
    #expect(random[0].parameterCount == architecture.parameterCount)
    #expect(
      random[0].listedWeights.map(\.names.folder) == architecture.listedWeights.map(\.names.folder))
  }
}
