import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Logits, activations and gradients against transformers on tiny random models.
@Suite struct TinyActivationTests {
  @Test(arguments: TinyModel.names)
  func logitsOfSinglePromptsAndOfABatch(name: String) throws {
    let tiny = try TinyModel(name)
    let inputs = tiny.inputs
    let batch = try #require(
      try tiny.model.run(Request(inputs, logits: everywhere(inputs))).logits)
    var row = 0
    for (index, input) in inputs.enumerated() {
      let expected = try tiny.tensor("p\(index).logits")
      let single = try tiny.model.run(Request([input], logits: everywhere([input])))
      expectClose(single.logits, expected, "\(name) prompt \(index)")
      expectClose(
        batch.rowSlice(row..<row + input.length), expected, "\(name) prompt \(index) in a batch")
      row += input.length
    }
    #expect(row == batch.rows)
  }

  /// bfloat16 weights in several files; transformers computed with them in float32 as well.
  @Test func shardedCheckpoint() throws {
    let tiny = try TinyModel("llama-sharded")
    let run = try tiny.model.run(Request(tiny.inputs, logits: everywhere(tiny.inputs)))
    expectClose(run.logits, try tiny.tensor("p0.logits"), "sharded")
  }

  @Test func textsOfTheTokenizers() throws {
    let texts = try #require(try TinyModel("llama-gqa").document.texts)
    for name in ["llama-gqa", "llama-gqa.gguf"] {
      let model = try LanguageModel(contentsOf: Fixtures.url(name))
      for text in texts {
        #expect(model.encode(text.text).ids == text.ids, "\(name): \(text.text)")
      }
      #expect(model.name == "llama-gqa")
    }
  }

  @Test(arguments: TinyModel.names)
  func everySiteOfEveryLayer(name: String) throws {
    let tiny = try TinyModel(name)
    let inputs = tiny.inputs
    let captures = tiny.places.map {
      Cells($0.component, layer: $0.layer, positions: everywhere(inputs))
    }
    let batch = try tiny.model.run(Request(inputs, captures: captures))
    #expect(batch.logits == nil)
    for (index, input) in inputs.enumerated() {
      let start = inputs[..<index].reduce(0) { $0 + $1.length }
      for (place, captured) in zip(tiny.places, batch.captures) {
        let label = "\(name) p\(index).\(place.component.rawValue).\(place.layer)"
        let expected = try tiny.tensor("p\(index).\(place.component.rawValue).\(place.layer)")
        expectClose(captured.rowSlice(start..<start + input.length), expected, label)
        // Alone: nothing else is visited, so that the fused paths and the smallest cone are taken.
        let single = try tiny.model.run(
          Request(
            [input],
            captures: [
              Cells(place.component, layer: place.layer, positions: everywhere([input]))
            ]))
        expectClose(single.captures[0], expected, "\(label) alone")
      }
    }
  }

  /// A head's part of a vector is its columns of the whole.
  @Test(arguments: TinyModel.names)
  func everyHead(name: String) throws {
    let tiny = try TinyModel(name)
    let input = tiny.inputs[3]
    for (component, layer) in tiny.places where component.hasHeads {
      let dimensions = try #require(tiny.model.architecture.dimensions(of: component))
      let heads = try #require(dimensions.heads)
      let whole = try tiny.tensor("p3.\(component.rawValue).\(layer)")
      let width = dimensions.width / heads
      for head in 0..<heads {
        let site = Site(component, layer: layer, head: head)
        #expect(try tiny.model.width(of: site) == width)
        let run = try tiny.model.run(
          Request([input], captures: [Cells(site, positions: [[7, 2, 0]])]))
        expectClose(
          run.captures[0],
          whole.gatherRows([7, 2, 0]).columns(head * width..<(head + 1) * width),
          "\(name) \(site)")
      }
    }
  }

  /// Adding zeros that require a gradient leaves the values as they are, and the gradient for the
  /// zeros is that for the activation.
  @Test(arguments: TinyModel.names)
  func gradientsAtEverySite(name: String) throws {
    let tiny = try TinyModel(name)
    let input = tiny.inputs[0]
    let zeros = try tiny.places.map {
      Tensor.zeros([
        input.length, try tiny.model.width(of: Site($0.component, layer: $0.layer)),
      ]).requiringGradient()
    }
    let edits = zip(tiny.places, zeros).map { place, zeros in
      Edit(Cells(place.component, layer: place.layer, positions: everywhere([input]))) {
        $0 + zeros
      }
    }
    let targets = try #require(tiny.document.targets)[0]
    let losses = try #require(tiny.document.losses)
    func check(_ edits: [Edit], _ zeros: [Tensor], _ places: [(Component, Int)]) throws {
      let run = try tiny.model.run(Request([input], edits: edits, logits: everywhere([input])))
      let loss = try #require(run.logits).crossEntropy(targets)
      expectClose(loss, Tensor([losses[0]], shape: []), "\(name) loss")
      for (place, gradient) in zip(places, loss.gradients(of: zeros)) {
        let key = "\(place.0.rawValue).\(place.1)"
        expectClose(
          gradient, try tiny.tensor("p0.grad.\(key)"), terms: 2 * Rounding.tinyRun,
          "\(name) gradient \(key)")
      }
    }
    try check(edits, zeros, tiny.places)
    // Each alone: no other edit keeps the recording alive.
    for index in zeros.indices {
      try check([edits[index]], [zeros[index]], [tiny.places[index]])
    }
  }

  /// Captures are recorded: a loss made of one passes its gradient to what was edited below.
  @Test func capturesAreRecorded() throws {
    let tiny = try TinyModel("llama-gqa")
    let zeros = Tensor.zeros([1, 16]).requiringGradient()
    let request = Request(
      [tiny.inputs[0]],
      edits: [Edit(Cells(.blockInput, layer: 0, positions: [[2]])) { $0 + zeros }],
      captures: [
        Cells(.valueOutput, layer: 1, head: 1, positions: [[2]]),
        Cells(.blockOutput, layer: 2, positions: [[1]]),
      ])
    let captures = try tiny.model.run(request).captures
    let gradient = captures[0].sum().gradients(of: [zeros])[0]
    #expect(gradient.elements.contains { abs($0) > 1e-3 })
    // A causal model: an earlier position doesn't depend on the edit.
    let earlier = captures[1].sum().gradients(of: [zeros])[0]
    #expect(earlier.elements.allSatisfy { $0 == 0 })
    #expect(captures[1].elements == (try tiny.model.run(request).captures[1].elements))
  }
}
