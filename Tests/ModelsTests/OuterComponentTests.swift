import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Norms' divisors, what the head reads and gives, and embeddings, in every architecture.
@Suite struct OuterComponentTests {
  private func capture(
    _ form: ArchitectureForm, _ input: ModelInput, _ components: [(Component, Int)],
    edits: [Edit] = []
  ) throws -> [Tensor] {
    try form.model.run(
      Request(
        [input], edits: edits,
        captures: components.map { component, layer in
          Cells(
            component, layer: layer, positions: form.everywhere(input, component, layer))
        })
    ).captures
  }

  /// Row by row (x − m) / scale · weight + bias, with the scale √(mean (x − m)² + ε).
  private func normed(
    _ rows: Tensor, _ scales: Tensor, _ design: NormDesign, weight: Tensor?, bias: Tensor?,
    _ label: String
  ) -> [Double] {
    (0..<rows.rows).flatMap { row in
      let values = (0..<rows.width).map { Double(rows[row, $0]) }
      let mean = design.kind == .layer ? values.reduce(0, +) / Double(values.count) : 0
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let scale = (squares / Double(values.count) + Double(design.epsilon)).squareRoot()
      #expect(abs(Double(scales[row, 0]) - scale) <= 1e-6 * scale, "\(label)")
      return values.indices.map { column in
        (values[column] - mean) / scale * (weight.map { Double($0.elements[column]) } ?? 1)
          + (bias.map { Double($0.elements[column]) } ?? 0)
      }
    }
  }

  /// The divisors are those of the stream that goes into the norms, and with the norms' weights
  /// they give what comes out; a divisor that is written is the one that is applied.
  @Test(arguments: ArchitectureForm.decoders)
  func divisors(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = try #require(form.model.architecture as? Transformer)
    let design = architecture.design
    var places: [(scale: Component, from: Component, to: Component, layer: Int)] = []
    for layer in 0..<architecture.layers {
      places.append((.attentionNormScale, .blockInput, .attentionInput, layer))
      let middle: Component =
        architecture.hasComponent(.residualMiddle, layer: layer) ? .residualMiddle : .blockInput
      places.append((.mlpNormScale, middle, .mlpInput, layer))
    }
    places.append((.finalNormScale, .blockOutput, .finalNormOutput, architecture.layers - 1))
    var compared = 0
    for place in places where architecture.hasComponent(place.scale, layer: place.layer) {
      let label = "\(name) \(place.scale.rawValue) \(place.layer)"
      let isFinal = place.scale == .finalNormScale
      let slot = architecture.listedWeights.first {
        isFinal
          ? $0.kind == .norm(nil) && $0.layer == nil
          : $0.kind == .norm(place.to) && $0.layer == place.layer
      }
      var (weight, bias): (Tensor?, Tensor?) = (nil, nil)
      if design.norm.hasWeight, case .norm(let w, let b)? = slot?.value { (weight, bias) = (w, b) }
      if design.norm.hasWeight { try #require(weight != nil, "\(label)") }
      let captured = try capture(
        form, input,
        [(place.from, place.layer), (place.scale, place.layer), (place.to, place.layer)])
      let expected = normed(
        captured[0], captured[1], design.norm, weight: weight, bias: bias, label)
      expectClose(
        captured[2].elements, expected.map(Float.init), absolute: 1e-5, relative: 1e-5, label)
      // Twice the divisor: half of what is no bias.
      let cells = Cells(
        place.scale, layer: place.layer,
        positions: form.everywhere(input, place.scale, place.layer))
      let doubled = try capture(
        form, input, [(place.to, place.layer)], edits: [Edit(cells) { 2 * $0 }])[0]
      let biases = bias?.elements ?? Array(repeating: 0, count: captured[2].width)
      let halves = expected.enumerated().map { index, value in
        let bias = Double(biases[index % biases.count])
        return Float(bias + (value - bias) / 2)
      }
      expectClose(doubled.elements, halves, absolute: 1e-5, relative: 1e-5, label + ", doubled")
      compared += 1
    }
    #expect(compared >= (design.block.hasNormsBefore || design.head.hasNorm ? 1 : 0))
  }

  /// The head makes the same of what it reads wherever that stands, and `logits` is what it makes;
  /// chosen outputs and losses follow edits of all outputs.
  @Test(arguments: ArchitectureForm.all)
  func whatTheHeadReadsAndGives(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = form.model.architecture
    let layer = architecture.layers - 1
    guard architecture.hasComponent(.logits, layer: layer) else { return }
    let (from, to) = (0, input.length - 1)
    let plain = try #require(
      try form.model.run(Request([input], logits: [[to, from]])).logits)
    for component in [Component.finalNormOutput, .logits]
    where architecture.hasComponent(component, layer: layer) {
      let label = "\(name) \(component.rawValue)"
      let source = Cells(component, layer: layer, positions: [[from]])
      // Of a position that isn't measured.
      let row = try form.model.run(Request([input], captures: [source])).captures[0]
      let edit = Edit(Cells(component, layer: layer, positions: [[to]])) { _ in row }
      let swapped = try #require(
        try form.model.run(Request([input], edits: [edit], logits: [[to, from]])).logits)
      expectSame(swapped.rowSlice(0..<1), plain.rowSlice(1..<2), label)
      expectSame(swapped.rowSlice(1..<2), plain.rowSlice(1..<2), label)
      if component == .logits { expectSame(row, plain.rowSlice(1..<2), label) }
      // Every output depends on one that isn't wanted.
      let outputs = [architecture.outputs - 1, 0]
      let sum = Edit(Cells(component, layer: layer, positions: [[to]])) { rows in
        rows + rows.columns(1..<2).linear(Tensor(repeating: 1, shape: [rows.width, 1]))
      }
      var request = Request([input], edits: [sum], logits: [[to]])
      let all = try #require(try form.model.run(request).logits)
      request.targets = [1]
      let loss = try #require(try form.model.run(request).loss)
      expectClose(
        loss.scalar, all.crossEntropy([1]).scalar, absolute: 1e-5, relative: 1e-5, label)
      request.targets = nil
      request.outputs = outputs
      let some = try #require(try form.model.run(request).logits)
      expectSame(some, all.transposed().gatherRows(outputs).transposed(), label)
      #expect(some.elements != outputs.map { plain[0, $0] })
      for store in [nil, ActivationStore()] {
        request.captures = [Cells(.logits, layer: layer, positions: [[to]])]
        let run = try form.model.run(request, store: store)
        expectSame(try #require(run.logits), some, label)
        expectSame(run.captures[0], all, label)
      }
    }
  }

  private func expectClose(
    _ found: Float, _ expected: Float, absolute: Double, relative: Double, _ label: String
  ) {
    ModelsTests.expectClose(
      [found], [expected], absolute: absolute, relative: relative, label)
  }
  private func expectClose(
    _ found: [Float], _ expected: [Float], absolute: Double, relative: Double, _ label: String
  ) {
    ModelsTests.expectClose(found, expected, absolute: absolute, relative: relative, label)
  }

  /// A token's vector in the place of another's is that token in its place, with all that is added
  /// there.
  @Test(arguments: ArchitectureForm.all)
  func embeddings(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = form.model.architecture
    for (_, first) in form.stacks {
      let positions = form.everywhere(input, .embeddingOutput, first)
      let vectors = try form.model.run(
        Request([input], captures: [Cells(.embeddingOutput, layer: first, positions: positions)])
      ).captures[0]
      let count = vectors.rows
      let text = first == 0 ? input.text : input
      let ids = try #require(text.tokenIDs)
      // Where the tokens are the same so are the vectors, whatever their positions.
      for (a, b) in zip(0..<count, 1..<count) {
        #expect((ids[a] == ids[b]) == (vectors.row(a).elements == vectors.row(b).elements))
      }
      let reversed = Array(0..<count).reversed()
      let edit = Edit(Cells(.embeddingOutput, layer: first, positions: positions)) {
        $0.gatherRows(Array(reversed))
      }
      let request = form.model.measuring([input], edits: [edit])
      let expected = try form.model.run(form.model.measuring([form.reversed(input, layer: first)]))
      // A masked-language model's output is at the mask, wherever that is.
      guard
        architecture.outputPosition(of: form.reversed(input, layer: first))
          == architecture.outputPosition(of: input)
      else { continue }
      for store in [nil, ActivationStore()] {
        expectSame(
          try #require(try form.model.run(request, store: store).logits),
          try #require(expected.logits), "\(name) \(first)")
      }
    }
  }

  @Test func onlyWhereTheyAre() throws {
    let tiny = try TinyModel("llama-gqa")
    func line(_ component: Component, _ layer: Int) -> String? {
      ModelsTests.line { try tiny.model.validate(component, layer: layer) }
    }
    #expect(line(.embeddingOutput, 0) == nil)
    #expect(line(.embeddingOutput, 1) == "layer 1 has no embedding_output: expected layer 0")
    for component in [Component.finalNormScale, .finalNormOutput, .logits] {
      #expect(line(component, 2) == nil)
      #expect(line(component, 0) == "layer 0 has no \(component.rawValue): expected layer 2")
    }
    #expect(
      ModelsTests.line { _ = try tiny.model.width(of: .attentionScores(1)) }
        == "attention_scores has numbers for each position of a text, so that its width is another "
        + "for each length: expected a component of one width")
    #expect(
      ModelsTests.line {
        try tiny.model.validate(.attentionWeight(1), over: [.tokens([1, 2]), .tokens([1, 2, 3])])
      }
        == "attention_weight has numbers for each position: expected texts of one length, found 2, 3 "
        + "tokens")
    let t5 = try ArchitectureForm("t5").model
    // A row of a cross-attention has numbers for the positions of the source alone.
    let last = Site.crossAttentionWeight(t5.architecture.layers - 1)
    func pair(_ source: [Int], _ target: [Int]) -> ModelInput {
      .pair(source: .tokens(source), target: target)
    }
    try t5.validate(last, over: [pair([3, 4, 5], [0]), pair([5, 6, 7], [0, 2])])
    #expect(
      try t5.width(of: .crossAttentionWeight(last.layer, head: 0), for: pair([3, 4], [0])) == 2)
    #expect(
      ModelsTests.line { try t5.validate(last, over: [pair([3], [0]), pair([3, 4], [0])]) }
        == "cross_attention_weight has numbers for each position: expected texts of one length, "
        + "found 1, 2 tokens")
    #expect(
      ModelsTests.line { try t5.validate(.crossAttentionWeight, layer: 0) }?
        .hasPrefix("layer 0 has no cross_attention_weight: expected one of layers") == true)
    // Its heads are those of the layers that have it.
    let heads = try #require(t5.architecture.dimensions(of: .crossAttentionWeight)?.heads)
    #expect(
      try LayerSelection.all.resolvedHeads(.crossAttentionWeight, of: t5) == Array(0..<heads))
    #expect(
      ModelsTests.line { try t5.validate(.crossHeadOutput, head: heads) }
        == "head \(heads) is out of range: cross_head_output has heads 0 to \(heads - 1)")
    #expect(
      ModelsTests.line { try tiny.model.validate(.crossHeadOutput) }
        == "no component 'cross_head_output' in a llama model")
    let layers = t5.architecture.layers
    let encoder = try #require(t5.architecture.stacks?.encoder.layers)
    #expect(
      ModelsTests.line { try t5.validate(.finalNormOutput, layer: encoder - 1) }
        == "layer \(encoder - 1) has no final_norm_output: expected layer \(layers - 1)")
    #expect(
      ModelsTests.line { try t5.validate(.embeddingOutput, layer: 1) }
        == "layer 1 has no embedding_output: expected one of layers 0, \(encoder)")
  }
}
