import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Every architecture against transformers: logits, sites, gradients, patches.
@Suite struct ArchitectureTests {
  /// Within 1e-5 of the largest element.
  private func expectReference(
    _ found: Tensor?, _ expected: Tensor, size: Double = 1e-3, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectClose(
      found, expected, absolute: 1e-5 * max(size, Rounding.largest(expected.elements)),
      relative: 0, label, sourceLocation: sourceLocation)
  }

  @Test func thereAreForms() {
    #expect(ArchitectureForm.decoders.count >= 45)
    #expect(ArchitectureForm.encoders.count >= 10)
    #expect(ArchitectureForm.encoderDecoders.count >= 3)
  }

  /// Texts shorter and longer than windows and than the lengths at which frequencies change, alone
  /// and in one batch.
  @Test(arguments: ArchitectureForm.all)
  func logits(name: String) throws {
    let form = try ArchitectureForm(name)
    let inputs = [try form.input("long"), try form.input("short")]
    let expected = [try form.tensor("long.logits"), try form.tensor("short.logits")]
    let together = try #require(
      try form.model.run(Request(inputs, logits: inputs.map(form.measured))).logits)
    var row = 0
    for (input, wanted) in zip(inputs, expected) {
      let alone = try form.model.run(Request([input], logits: [form.measured(input)])).logits
      expectReference(alone, wanted, "\(name), \(input.length) tokens")
      expectReference(
        together.rowSlice(row..<row + wanted.rows), wanted, "\(name), \(input.length) in a batch")
      row += wanted.rows
    }
  }

  @Test(arguments: ArchitectureForm.all)
  func everySiteOfEveryLayer(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let places = form.places("site")
    let captures = places.map {
      Cells(
        $0.component, layer: $0.layer, positions: form.everywhere(input, $0.component, $0.layer))
    }
    let run = try form.model.run(Request([input], captures: captures))
    for (place, captured) in zip(places, run.captures) {
      expectReference(captured, try form.tensor(place.key), "\(name) \(place.key)")
    }
    // No site of the model is left out of the file, but for those that are made of others there.
    // With its scores upcast GPT-2's reference doesn't show the keys that its attention reads.
    var known = Set(places.map(\.component))
    if name == "gpt2-scaled" { known.insert(.positionedKeyOutput) }
    for component in Component.allCases
    where form.model.architecture.dimensions(of: component) != nil
      && !Component.withoutReference.contains(component)
    {
      #expect(known.contains(component), "\(name): \(component.rawValue)")
    }
  }

  @Test(arguments: ArchitectureForm.all)
  func gradientsAtSites(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let (positions, targets) = form.targets(input)
    for (key, component, layer) in form.places("gradient") {
      let expected = try form.tensor(key)
      let zeros = Tensor.zeros(expected.shape).requiringGradient()
      let everywhere = form.everywhere(input, component, layer)
      let edit = Edit(Cells(component, layer: layer, positions: everywhere)) { $0 + zeros }
      for isSplit in [false, true] {
        var request = Request([input], edits: [edit], logits: [positions])
        if !isSplit { request.targets = targets }
        let run = try form.model.run(request)
        let loss = try #require(run.loss ?? run.logits?.crossEntropy(targets))
        expectReference(loss.gradients(of: [zeros])[0], expected, "\(name) \(key)")
      }
    }
  }

  /// A projection's own gradient, by an addition to its weight and bias.
  @Test(arguments: ArchitectureForm.all)
  func gradientsOfProjections(name: String) throws {
    let form = try ArchitectureForm(name)
    let architecture = form.model.architecture
    let input = try form.input("long")
    let (positions, targets) = form.targets(input)
    var compared = 0
    for slot in architecture.listedWeights {
      guard case .projection(let projection) = slot.kind, let map = slot.map,
        let layer = slot.layer, !form.sharesPositions(projection), let tensor = slot.names.folder,
        architecture.hasComponent(projection.input, layer: layer)
      else { continue }
      let weight = Tensor.zeros([map.weight.rows, map.weight.width]).requiringGradient()
      let bias = Tensor.zeros([map.weight.rows]).requiringGradient()
      // In every layer that has the weight.
      let edits = (layer..<layer + slot.uses).map { layer in
        let component = architecture.component(of: projection)
        let cells = Cells(
          component, layer: layer, positions: form.everywhere(input, component, layer))
        return Edit(cells, reading: projection.input) { made, read in
          made + read.linear(weight, bias: bias)
        }
      }
      var request = Request([input], edits: edits, logits: [positions])
      request.targets = targets
      let loss = try #require(try form.model.run(request).loss)
      let gradients = loss.gradients(of: [weight, bias])
      // A list of weights may leave out what stands before all names.
      let key = try #require(
        form.tensorNames.first {
          $0.hasPrefix("weight-gradient.") && $0.hasSuffix(".\(tensor).weight")
        }?.dropLast(".weight".count))
      let whole = try form.tensor("\(key).weight")
      let part = slot.names.folderPart
      let turned = part?.isTransposed == true ? whole.transposed() : whole
      // Gradients of scores are differences of numbers as large as those of values.
      let scored: [Projection: Projection] = [.query: .value, .key: .value]
      let size =
        try scored[projection].flatMap { value in
          architecture.tensorName(of: value, layer: layer).flatMap { name in
            form.tensorNames.first { $0.hasSuffix(".\(name).weight") && $0.hasPrefix("weight-") }
          }
        }.map { Rounding.largest(try form.tensor($0).elements) } ?? 0
      expectReference(
        gradients[0], part?.rows.map(turned.gatherRows) ?? turned, size: max(1e-3, size),
        "\(name) \(tensor)")
      if map.bias != nil {
        let whole = try form.tensor("\(key).bias")
        // A sum of rows may be 0 where the rows aren't: a key's bias changes no attention.
        let column = whole.reshaped([whole.count, 1])
        expectReference(
          gradients[1],
          (part?.rows.map(column.gatherRows) ?? column).reshaped([map.weight.rows]),
          size: Rounding.largest(turned.elements),
          "\(name) \(tensor).bias")
      }
      compared += slot.uses
    }
    #expect(compared >= 4 * architecture.layers)
  }

  /// One interchange as transformers' hooks make it, with stored base runs and without.
  @Test(arguments: ArchitectureForm.all)
  func patches(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    for (prefix, layer) in form.stacks {
      let source = form.reversed(input, layer: layer)
      let position = form.model.positionCount(of: input, .blockOutput, layer: layer) - 4
      let cells = Cells(.blockOutput, layer: layer, positions: [[position]])
      let vector = try form.model.run(Request([source], captures: [cells])).captures[0]
      let request = Request(
        [input], edits: [Edit(cells) { _ in vector }], logits: [form.patchMeasured(input)])
      let expected = try form.tensor("patched.\(prefix)logits")
      let label = name + " " + prefix
      expectReference(try form.model.run(request).logits, expected, label)
      let store = ActivationStore()
      expectReference(try form.model.run(request, store: store).logits, expected, label + "cone")
    }
  }

  /// The cone of an edit is the full run, at every site and position.
  @Test(arguments: ArchitectureForm.all)
  func conesAreFullRuns(name: String) throws {
    let form = try ArchitectureForm(name)
    let architecture = form.model.architecture
    let inputs = [try form.input("long"), try form.input("short")]
    var generator = RandomGenerator(seed: 5)
    let store = ActivationStore()
    for component in Component.allCases {
      for layer in 0..<architecture.layers {
        let counts = inputs.map { form.model.positionCount(of: $0, component, layer: layer) }
        let keys = inputs.map { form.model.keyCount(of: $0, at: Site(component, layer: layer)) }
        guard
          let dimensions = architecture.dimensions(of: component, layer: layer)?
            .inRun(longest: keys.max() ?? 0)
        else { continue }
        let cells = Cells(
          component, layer: layer,
          positions: counts.map { [Int.random(in: 0..<$0, using: &generator)] })
        let noise = Tensor.normal([2, dimensions.width], deviation: 1, using: &generator)
        let request = form.model.measuring(inputs, edits: [Edit(cells) { $0 + noise }])
        let plain = try #require(try form.model.run(request).logits)
        let cone = try #require(try form.model.run(request, store: store).logits)
        expectSame(cone, plain, "\(name) \(component.rawValue) \(layer)")
      }
    }
  }

  @Test(arguments: ArchitectureForm.all)
  func weightsAsStoredAreThoseWidened(name: String) throws {
    let results = try [WeightForm.stored, .float32].map { weights in
      let form = try ArchitectureForm(name, weights: weights)
      let input = try form.input("short")
      return try #require(
        try form.model.run(Request([input], logits: [form.measured(input)])).logits)
    }
    expectSame(results[0], results[1], name)
  }
}
