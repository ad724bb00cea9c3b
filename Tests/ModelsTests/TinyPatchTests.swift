import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Interchanges and learned edits against transformers on tiny random models.
@Suite struct TinyPatchTests {
  /// The rows that an interchange puts in, read from an unedited run of the source prompt.
  private func sourceRows(_ patch: TinyModel.Patch, _ tiny: TinyModel) throws -> Tensor {
    let cells = Cells(try patch.siteValue(), positions: [patch.sourcePositions])
    return try tiny.model.run(Request([tiny.inputs[patch.source]], captures: [cells])).captures[0]
  }

  /// A patch as the edit of one sequence of a batch.
  private func edit(
    _ patch: TinyModel.Patch, _ tiny: TinyModel, sequence: Int, of count: Int
  ) throws -> Edit {
    var positions = Array(repeating: [Int](), count: count)
    positions[sequence] = patch.basePositions
    let rows = try sourceRows(patch, tiny)
    return Edit(Cells(try patch.siteValue(), positions: positions)) { _ in rows }
  }

  @Test(arguments: TinyModel.names)
  func singleRuns(name: String) throws {
    let tiny = try TinyModel(name)
    let patches = try #require(tiny.document.patches)
    let several = try #require(tiny.document.patches2)
    #expect(patches.count == 64)
    #expect(several.count == 6)
    let store = ActivationStore()
    for (number, patch) in (patches + several).enumerated() {
      let edits = try patch.edits.map { try edit($0, tiny, sequence: 0, of: 1) }
      let request = Request.lastLogits([tiny.inputs[patch.base]], edits: edits)
      let expected = try tiny.tensor(patch.logits)
      for (label, run) in [
        ("", try tiny.model.run(request)),
        ("by the cone", try tiny.model.run(request, store: store)),
      ] {
        expectClose(
          run.logits?.row(0), expected, "\(name) patch \(number) \(patch.edits[0].site) \(label)")
      }
    }
  }

  /// The stream between attention and MLP, for which transformers has no hook that both read: the
  /// MLP works on each row by itself, so swapping a row there is swapping it after the block.
  @Test(arguments: TinyModel.names)
  func theMiddleOfTheResidualStream(name: String) throws {
    let tiny = try TinyModel(name)
    let (base, source) = (tiny.inputs[0], tiny.inputs[1])
    for layer in 0..<tiny.layers {
      func cells(_ component: Component, _ input: ModelInput) -> Cells {
        Cells(component, layer: layer, positions: [[input.length - 1]])
      }
      let stages: [Component] = [.residualMiddle, .blockOutput, .blockInput, .attentionOutput]
      let rows = try tiny.model.run(Request([source], captures: stages.map { cells($0, source) }))
        .captures
      if tiny.model.architecture.isCausal {
        #expect(rows[0].elements == (rows[2] + rows[3]).elements, "\(name) \(layer)")
      }
      let found = try stages[..<2].enumerated().map { index, component in
        let edit = Edit(cells(component, base)) { _ in rows[index] }
        return try tiny.model.run(.lastLogits([base], edits: [edit])).logits!.row(0)
      }
      expectClose(found[0], found[1], "\(name) \(layer)")
      let edit = Edit(cells(.residualMiddle, base)) { _ in rows[0] }
      let cone = try tiny.model.run(.lastLogits([base], edits: [edit]), store: ActivationStore())
      expectClose(cone.logits?.row(0), found[0], "\(name) \(layer), by the cone")
      let plain = try tiny.model.run(.lastLogits([base])).logits!.row(0)
      let change = zip(found[0].elements, plain.elements).map { abs($0 - $1) }.max() ?? 0
      #expect(change > 1e-3, "\(name) \(layer)")
    }
  }

  /// All patches at once: one sequence each, of all bases, and the unedited prompts among them.
  @Test(arguments: TinyModel.names, [false, true])
  func oneMixedBatch(name: String, stores: Bool) throws {
    let tiny = try TinyModel(name)
    let patches =
      try #require(tiny.document.patches) + #require(tiny.document.patches2)
    let inputs = patches.map { tiny.inputs[$0.base] } + tiny.inputs
    var edits: [Edit] = []
    for (sequence, patch) in patches.enumerated() {
      edits += try patch.edits.map { try edit($0, tiny, sequence: sequence, of: inputs.count) }
    }
    let run = try tiny.model.run(
      .lastLogits(inputs, edits: edits), store: stores ? ActivationStore() : nil)
    let logits = try #require(run.logits)
    for (number, patch) in patches.enumerated() {
      expectClose(
        logits.row(number), try tiny.tensor(patch.logits),
        "\(name) patch \(number) \(patch.edits[0].site)")
    }
    for (number, input) in tiny.inputs.enumerated() {
      expectClose(
        logits.row(patches.count + number),
        try tiny.tensor("p\(number).logits").row(input.length - 1), "\(name) prompt \(number)")
    }
  }

  @Test(arguments: TinyModel.names, [false, true])
  func distributedInterchange(name: String, stores: Bool) throws {
    let tiny = try TinyModel(name)
    let expected = try #require(tiny.document.distributed)
    let site = try Site(
      named: expected.site, layer: expected.layer, .indices(expected.basePositions))
    let source = try tiny.model.run(
      Request(
        [tiny.inputs[expected.source]],
        captures: [Cells(site, positions: [expected.sourcePositions])])
    ).captures[0]
    let rotation = try Rotation(orthonormal: tiny.tensor("distributed.rotation"))
    let swap = DistributedInterchange(rotation)
    let run = try tiny.model.run(
      .lastLogits(
        [tiny.inputs[expected.base]],
        edits: [
          Edit(Cells(site, positions: [expected.basePositions])) { swap($0, sources: [source]) }
        ]),
      store: stores ? ActivationStore() : nil)
    let logits = try #require(run.logits)
    expectClose(logits.row(0), try tiny.tensor("distributed.logits"), "\(name) distributed")
    let loss = logits.crossEntropy([expected.target])
    expectClose(loss, Tensor([expected.loss], shape: []), "\(name) loss")
    loss.backward()
    expectClose(
      rotation.parameter.gradient, try tiny.tensor("distributed.grad.rotation"),
      terms: 2 * Rounding.tinyRun, "\(name) gradient for R")
  }

  @Test(arguments: TinyModel.names, [false, true])
  func loReFT(name: String, stores: Bool) throws {
    let tiny = try TinyModel(name)
    let expected = try #require(tiny.document.loreft)
    let rotation = try Rotation(orthonormal: tiny.tensor("loreft.rotation"))
    let reft = ReFT(
      .loreft, .rotation(rotation), weight: try tiny.tensor("loreft.weight"),
      bias: try tiny.tensor("loreft.bias"))
    let input = tiny.inputs[expected.prompt]
    let site = try Site(named: expected.site, layer: expected.layer, .indices(expected.positions))
    let run = try tiny.model.run(
      Request(
        [input],
        edits: [Edit(Cells(site, positions: [expected.positions])) { reft($0, sources: []) }],
        logits: everywhere([input])),
      store: stores ? ActivationStore() : nil)
    let logits = try #require(run.logits)
    expectClose(logits, try tiny.tensor("loreft.logits"), "\(name) LoReFT")
    let loss = logits.crossEntropy(try #require(tiny.document.targets)[expected.prompt])
    expectClose(loss, Tensor([expected.loss], shape: []), "\(name) loss")
    loss.backward()
    for (parameter, key) in [
      (rotation.parameter, "rotation"), (reft.weight!, "weight"), (reft.bias, "bias"),
    ] {
      expectClose(
        parameter.gradient, try tiny.tensor("loreft.grad.\(key)"), terms: 2 * Rounding.tinyRun,
        "\(name) gradient \(key)")
    }
  }

  /// Putting in what is there changes nothing, to the bit: the same cells are computed, by the same
  /// kernels, which round differently for one row and for many.
  @Test(arguments: TinyModel.names)
  func selfSwapIsExact(name: String) throws {
    let tiny = try TinyModel(name)
    let input = tiny.inputs[3]
    for (component, layer) in tiny.places {
      let cells = Cells(component, layer: layer, positions: [[1, 5, 8]])
      let run = try tiny.model.run(
        Request([input], captures: [cells], logits: everywhere([input])))
      let (plain, own) = (run.logits, run.captures[0])
      let swapped = try tiny.model.run(
        Request([input], edits: [Edit(cells) { _ in own }], logits: everywhere([input])))
      // The MLP's fused kernel rounds once where the visited path rounds twice.
      if component == .mlpActivation {
        expectClose(
          swapped.logits, try #require(plain), absolute: 1e-6, relative: 1e-6, "\(name) \(layer)")
      } else {
        #expect(swapped.logits?.elements == plain?.elements, "\(name) \(component) \(layer)")
      }
    }
  }
}
