import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Edits of every component of every architecture: what is put back, what others see, gradients.
@Suite struct ComponentEditTests {
  /// The places at which a form's model has something other than the fixtures' own tests know.
  private func places(_ form: ArchitectureForm) -> [(component: Component, layer: Int)] {
    Component.allCases.flatMap { component in
      (0..<form.model.architecture.layers).filter {
        form.model.architecture.hasComponent(component, layer: $0)
      }.map { (component, $0) }
    }
  }

  /// Writing what was read changes no bit, and reading changes none; but for experts, whose sum is
  /// in another order when they are visited.
  @Test(arguments: ArchitectureForm.all)
  func readAndPutBack(name: String) throws {
    let form = try ArchitectureForm(name)
    let inputs = [try form.input("short"), try form.input("long")]
    // Everywhere, so that the same rows are computed whatever else is wanted.
    let everywhere = inputs.map { Array(0..<$0.length) }
    let plain = try #require(try form.model.run(Request(inputs, logits: everywhere)).logits)
    for place in places(form) where place.component != .expertOutput {
      let cells = Cells(
        place.component, layer: place.layer,
        positions: inputs.map { form.everywhere($0, place.component, place.layer)[0] })
      let label = "\(name) \(place.component.rawValue) \(place.layer)"
      let run = try form.model.run(Request(inputs, captures: [cells], logits: everywhere))
      let reading = try #require(run.logits)
      #expect(reading.elements.elementsEqual(plain.elements), "\(label), read")
      let edit = Edit(cells) { _ in run.captures[0] }
      let edited = try form.model.run(Request(inputs, edits: [edit], logits: everywhere))
      let writing = try #require(edited.logits)
      #expect(writing.elements.elementsEqual(plain.elements), "\(label), put back")
    }
  }

  /// An edit's gradient against differences of the loss.
  @Test(arguments: [
    "gpt2", "gemma2", "gpt-neox", "falcon-7b", "llama3-scaled", "bloom", "electra", "t5-1.1",
    "xlm-roberta",
  ])
  func gradients(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("short")
    var generator = RandomGenerator(seed: 6)
    for (component, layer) in places(form) where Component.withoutReference.contains(component) {
      let positions = form.everywhere(input, component, layer)
      let dimensions = try #require(
        form.model.architecture.dimensions(of: component, layer: layer)?
          .inRun(longest: form.model.keyCount(of: input, at: Site(component, layer: layer))))
      let shape = [positions[0].count, dimensions.width]
      let direction = Tensor.normal(shape, using: &generator)
      func loss(_ step: @escaping () -> Tensor, recomputes: Bool = false) throws -> Tensor {
        let edit = Edit(Cells(component, layer: layer, positions: positions)) { rows in
          rows + rows * step()
        }
        let measured = form.targets(input)
        var request = Request([input], edits: [edit], logits: [measured.positions])
        request.targets = measured.targets
        request.recomputesBlocks = recomputes
        return try #require(try form.model.run(request).loss)
      }
      let label = "\(name) \(component.rawValue) \(layer)"
      let zeros = Parameter("zeros", .zeros(shape))
      let gradients = try [false, true].map { recomputes in
        zeros.clearGradient()
        try loss({ zeros.tensor }, recomputes: recomputes).backward()
        return try #require(zeros.gradient)
      }
      expectSame(
        gradients[1], gradients[0], terms: 2 * Rounding.tinyRun, label + ", recomputed")
      let slope = Tensor.dot(gradients[0], direction)
      let step: Float = 1.0 / 256
      let ends = try [step, -step].map { step in
        Double(try loss({ step * direction }).scalar)
      }
      let found = (ends[0] - ends[1]) / (2 * Double(step))
      // Losses of order 4 are right to 1e-6, and so their difference over 1/128 to 3e-4; the rest
      // is the third derivative's.
      #expect(abs(found - slope) < 1e-3 + 0.01 * abs(slope), "\(label): \(found) and \(slope)")
    }
  }

  /// An edit at the last position is the same whether what comes before is stored or not.
  @Test(arguments: [
    "gpt2", "gemma2", "gpt-neox", "falcon-7b", "opt", "llama3-scaled", "bloom", "mistral", "t5",
    "bart",
  ])
  func afterStoredKeys(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let ids = try #require(input.tokenIDs)
    let last = ids.count - 1
    let architecture = form.model.architecture
    let before: ModelInput =
      input.source.map { .pair(source: $0, target: Array(ids[..<last])) }
      ?? .tokens(Array(ids[..<last]))
    for (component, layer) in places(form) where !form.model.isOfSource(component, layer: layer) {
      let cells = Cells(component, layer: layer, positions: [[last]])
      let edit = Edit(cells) { rows in
        Tensor(
          rows.elements.enumerated().map { $1 * (1 + Float($0 % 3) / 4) }, shape: rows.shape)
      }
      var request = Request([input], edits: [edit], captures: [cells], logits: [[last]])
      let whole = try form.model.run(request)
      let cache = KeyValueCache(layers: architecture.layers)
      _ = try form.model.run(Request([before], caches: [cache]))
      request.caches = [cache]
      let step = try form.model.run(request)
      let label = "\(name) \(component.rawValue) \(layer)"
      expectSame(try #require(step.logits), try #require(whole.logits), label)
      expectSame(step.captures[0], whole.captures[0], label)
    }
  }

  /// Edits of scores and weights in a batch of several lengths are those of each text alone.
  @Test(arguments: ArchitectureForm.all)
  func mixedLengths(name: String) throws {
    let form = try ArchitectureForm(name)
    let inputs = [try form.input("short"), try form.input("long")]
    let layer = form.model.architecture.layers - 1
    for component in Component.ofAttention + [.logits]
    where form.model.architecture.hasComponent(component, layer: layer) {
      func run(_ inputs: [ModelInput], _ store: ActivationStore?) throws -> Tensor {
        let cells = Cells(
          component, layer: layer,
          positions: inputs.map { form.everywhere($0, component, layer)[0].suffix(2) })
        let edit = Edit(cells) { rows in rows * rows }
        return try #require(
          try form.model.run(form.model.measuring(inputs, edits: [edit]), store: store).logits)
      }
      for store in [nil, ActivationStore()] {
        let together = try run(inputs, store)
        for (index, input) in inputs.enumerated() {
          expectSame(
            together.rowSlice(index..<index + 1), try run([input], nil),
            "\(name) \(component.rawValue)")
        }
      }
    }
  }
}
