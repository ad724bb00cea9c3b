import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// What is particular about models that read one text and give another: two stacks, and a
/// cross-attention between them.
@Suite struct EncoderDecoderTests {
  private static let forms = ArchitectureForm.encoderDecoders

  /// Every layer of the decoder reads what the encoder's last norm gives, and makes its keys of it.
  @Test(arguments: forms)
  func crossAttentionReadsTheEncoder(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let (below, above) = try form.stackLayers()
    let all = try [Array(0..<#require(input.source).length)]
    var request = Request([input])
    request.captures = [Cells(.blockOutput, layer: below - 1, positions: all)]
    for layer in below..<below + above {
      request.captures += [
        Cells(.encoderOutput, layer: layer, positions: all),
        Cells(.crossKeyOutput, layer: layer, positions: all),
      ]
    }
    let run = try form.model.run(request)
    let encoder = try #require(form.model.architecture.stacks).encoder
    let last = encoder.encoded(run.captures[0])
    for layer in 0..<above {
      expectSame(run.captures[1 + 2 * layer], last, "\(name) \(layer)")
      let weight = try #require(
        form.model.architecture.weight(of: .crossKey, layer: below + layer))
      let bias = form.model.architecture.listedWeights.first {
        $0.kind == .projection(.crossKey) && $0.isIn(below + layer)
      }?.bias
      expectSame(
        run.captures[2 + 2 * layer], last.linear(weight, bias: bias), "\(name) keys of \(layer)")
    }
  }

  /// What one layer reads can be changed without the others: it is the change of all its keys and
  /// values.
  @Test(arguments: forms)
  func anEditOfWhatOneLayerReads(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("short")
    let (below, _) = try form.stackLayers()
    let all = try [Array(0..<#require(input.source).length)]
    let architecture = form.model.architecture
    func made(_ projection: Projection) throws -> (Tensor) -> Tensor {
      let weight = try #require(architecture.weight(of: projection, layer: below))
      return { rows in rows.linear(weight) }
    }
    let (key, value) = (try made(.crossKey), try made(.crossValue))
    let noise = Tensor(
      (0..<all[0].count * architecture.width).map { Float($0 % 7) / 7 - 0.4 },
      shape: [all[0].count, architecture.width])
    let atOnce = form.model.measuring(
      [input], edits: [Edit(Cells(.encoderOutput, layer: below, positions: all)) { $0 + noise }])
    let apart = form.model.measuring(
      [input],
      edits: [
        Edit(Cells(.crossKeyOutput, layer: below, positions: all)) { $0 + key(noise) },
        Edit(Cells(.crossValueOutput, layer: below, positions: all)) { $0 + value(noise) },
      ])
    let expected = try #require(try form.model.run(atOnce).logits)
    let plain = try #require(try form.model.run(form.model.measuring([input])).logits)
    #expect(largestDifference(expected.elements, plain.elements) > 1e-3)
    for store in [nil, ActivationStore()] {
      expectSame(try #require(try form.model.run(apart, store: store).logits), expected, name)
    }
  }

  /// An edit of one sequence's encoder leaves the others as they are stored, and a second run reads
  /// what the first has kept.
  @Test(arguments: forms)
  func oneSequenceOfABatchIsEdited(name: String) throws {
    let form = try ArchitectureForm(name)
    let inputs = [try form.input("long"), try form.input("short"), try form.input("long")]
    let (below, _) = try form.stackLayers()
    let store = ActivationStore()
    let cells = Cells(.blockOutput, layer: below - 1, positions: [[], [2], []])
    let request = form.model.measuring(inputs, edits: [Edit(cells) { -1 * $0 }])
    let plain = try #require(try form.model.run(form.model.measuring(inputs)).logits)
    let expected = try #require(try form.model.run(request).logits)
    #expect(
      largestDifference(expected.rowSlice(1..<2).elements, plain.rowSlice(1..<2).elements) > 1e-3)
    expectSame(expected.rowSlice(0..<1), plain.rowSlice(0..<1), name)
    for _ in 0..<2 {
      expectSame(try #require(try form.model.run(request, store: store).logits), expected, name)
    }
    #expect(store.computed == 2)
  }

  /// With stored base runs an edit costs the encoder's blocks above it and the decoder, or the
  /// decoder's alone.
  @Test(arguments: forms)
  func costsOfCones(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let (below, above) = try form.stackLayers()
    let source = try #require(input.source).length
    func rows(_ cells: Cells) throws -> [Int] {
      let request = form.model.measuring([input], edits: [Edit(cells) { 2 * $0 }])
      return try form.model.costs(of: request, hasStore: true).dropLast().map(\.rows)
    }
    let inEncoder = try rows(Cells(.blockOutput, layer: 0, positions: [[1]]))
    #expect(
      inEncoder.prefix(below - 1).allSatisfy { $0 == source }
        && inEncoder.count == below - 1 + above && inEncoder.last == 1)
    let last = input.length - 1
    let inDecoder = try rows(Cells(.blockOutput, layer: below, positions: [[last]]))
    #expect(inDecoder == Array(repeating: 1, count: above - 1))
    let key = try rows(Cells(.crossKeyOutput, layer: below + above - 1, positions: [[0]]))
    #expect(key == [1])
  }

  /// Step by step from kept keys and values as in one run each, with an edit of the source.
  @Test(arguments: forms)
  func generation(name: String) throws {
    let form = try ArchitectureForm(name)
    let model = form.model
    let (below, _) = try form.stackLayers()
    let sources = try ["long", "short"].map { text in
      let source = try #require(form.input(text).source)
      return try #require(source.tokenIDs)
    }
    let edits = [
      Edit(Cells(.blockOutput, layer: 0, positions: [[1], [0]])) { -1 * $0 },
      Edit(Cells(.crossValueOutput, layer: below, positions: [[2], [3]])) { 2 * $0 },
    ]
    let options = GenerationOptions(maximumTokens: 6)
    let found = try model.generate(
      sources, options: options, prepare: { request, _ in request.edits = edits })
    var expected = sources.map { _ in [Int]() }
    for _ in 0..<options.maximumTokens {
      let inputs = zip(sources, expected).map { model.architecture.input($0, continuedBy: $1) }
      let logits = try #require(try model.run(.lastLogits(inputs, edits: edits)).logits)
      for (row, token) in logits.rowMaxima().enumerated() { expected[row].append(token) }
    }
    #expect(found == expected)
  }

  @Test(arguments: forms)
  func everyWeightIsCountedOnce(name: String) throws {
    let form = try ArchitectureForm(name)
    let file = try SafetensorsFile(contentsOf: form.url.appending(component: "model.safetensors"))
    let numbers = try file.names.reduce(0) {
      $0 + (try file.tensor(named: $1).shape.reduce(1, *))
    }
    #expect(form.model.architecture.parameterCount == numbers)
    // Random weights stay tied where these are.
    let random = try form.model.architecture.randomlyInitialized(seed: 1)
    #expect(random.parameterCount == numbers)
    let input = try form.input("short")
    let (first, second) = try (
      #require(Model(random).run(Request([input], logits: [[0]])).logits),
      #require(Model(form.model.architecture).run(Request([input], logits: [[0]])).logits)
    )
    #expect(first.isFinite && largestDifference(first.elements, second.elements) > 1e-3)
  }

  /// One sequence where two are needed, and two where one is; positions of the wrong one.
  @Test func inputsThatDoNotFit() throws {
    let form = try ArchitectureForm("t5")
    let decoder = try ArchitectureForm("gpt2").model
    func fault(_ body: () throws -> Void) -> String? { line { try body() } }
    #expect(
      fault { _ = try form.model.run(.lastLogits([.tokens([1, 2])])) }?
        .contains("a source with a target") == true)
    #expect(
      fault { _ = try decoder.run(.lastLogits([.pair(source: .tokens([1]), target: [2])])) }?
        .contains("one sequence") == true)
    let input = ModelInput.pair(source: .tokens([3, 4, 5]), target: [2])
    for (layer, component) in [(0, Component.blockOutput), (3, .crossKeyOutput)] {
      _ = try form.model.run(
        Request([input], captures: [Cells(component, layer: layer, positions: [[2]])]))
    }
    let capture = Cells(.blockOutput, layer: 3, positions: [[2]])
    #expect(fault { _ = try form.model.run(Request([input], captures: [capture])) } != nil)
    #expect(
      fault { _ = try form.model.run(.lastLogits([.pair(source: .tokens([]), target: [2])])) }
        != nil)
  }

  /// A copy of the table that isn't one would be left over: it is refused by its name.
  @Test(arguments: ["t5", "bart"])
  func aTableThatIsNoCopy(name: String) throws {
    let form = try ArchitectureForm(name)
    let place = try TemporaryFolder()
    let prefix = name == "bart" ? "model." : ""
    let file = try SafetensorsFile(contentsOf: form.url.appending(component: "model.safetensors"))
    var tensors = try file.names.map { ($0, try file.tensor(named: $0).floats()) }
    let table = try file.tensor(named: prefix + "shared.weight").floats()
    tensors.append((prefix + "decoder.embed_tokens.weight", 2 * table))
    try Safetensors.write(
      tensors, metadata: ["format": "pt"], to: place.url.appending(component: "model.safetensors"))
    try FileManager.default.copyItem(
      at: form.url.appending(component: "config.json"),
      to: place.url.appending(component: "config.json"))
    let fault = line { _ = try ModelFamilies.architecture(in: ModelFolder(place.url)) }
    #expect(fault?.contains("decoder.embed_tokens.weight") == true, "\(fault ?? "nothing")")
  }
}
