import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Attention weights that a run returns.
@Suite struct AttentionWeightTests {
  private static let models = ["llama-mha", "llama-gqa", "llama-gqa.gguf", "bert", "roberta"]

  private func request(_ tiny: TinyModel, edits: [Edit] = []) -> Request {
    var request = Request(tiny.inputs, edits: edits)
    // Some of the positions, out of order, of one sequence none.
    let positions = tiny.inputs.enumerated().map { sequence, input in
      sequence == 1 ? [] : [input.length - 1, 0, input.length / 2]
    }
    request.captures = [2, 1, 2].map { Cells(.attentionWeight, layer: $0, positions: positions) }
    return request
  }

  /// They mix the values into what each head gives, and their rows sum to 1.
  @Test(arguments: models) func mixTheValues(name: String) throws {
    let tiny = try TinyModel(name)
    let architecture = tiny.model.architecture
    let everywhere = everywhere(tiny.inputs)
    var request = Request(tiny.inputs)
    request.captures = [.valueOutput, .attentionValueOutput].map {
      Cells($0, layer: 1, positions: everywhere)
    }
    let run = try tiny.model.run(request)
    let heads = try #require(architecture.dimensions(of: .attentionValueOutput)?.heads)
    let keyHeads = try #require(architecture.dimensions(of: .valueOutput)?.heads)
    let width = run.captures[1].width / heads
    var (first, compared) = (0, 0)
    for (input, weights) in zip(
      tiny.inputs, try tiny.model.attentionWeights(tiny.inputs, layer: 1))
    {
      let length = input.length
      #expect(weights.shape == [heads, length, length])
      let elements = weights.elements
      for head in 0..<heads {
        let keyHead = head * keyHeads / heads
        for query in 0..<length {
          let start = (head * length + query) * length
          let row = Array(elements[start..<start + length])
          #expect(abs(row.reduce(0, +) - 1) < 1e-5)
          #expect(row.allSatisfy { $0 >= 0 })
          if architecture.isCausal { #expect(row[(query + 1)...].allSatisfy { $0 == 0 }) }
          for column in 0..<width {
            let mixed = row.indices.reduce(Float(0)) {
              $0 + row[$1] * run.captures[0][first + $1, keyHead * width + column]
            }
            #expect(abs(mixed - run.captures[1][first + query, head * width + column]) < 1e-5)
            compared += 1
          }
        }
      }
      first += length
    }
    #expect(compared > 100)
  }

  /// From stored base runs, and from a batch of one, they are the same; an edit below changes them.
  @Test(arguments: models) func sameFromAStoreAndAlone(name: String) throws {
    let tiny = try TinyModel(name)
    let edit = { (positions: [[Int]]) in
      Edit(Cells(.blockOutput, layer: 0, positions: positions)) { 2 * $0 }
    }
    let plain = try tiny.model.run(request(tiny)).captures
    let edited = request(tiny, edits: [edit(tiny.inputs.map { [$0.length / 2] })])
    let full = try tiny.model.run(edited)
    let store = ActivationStore()
    for _ in 0..<2 {
      let cone = try tiny.model.run(edited, store: store)
      for (found, expected) in zip(cone.captures, full.captures) {
        expectSame(found, expected, "\(name), from a store")
      }
    }
    let heads = try #require(tiny.model.architecture.dimensions(of: .attentionWeight)?.heads)
    let longest = try #require(tiny.inputs.map(\.length).max())
    var first = 0
    for (sequence, input) in tiny.inputs.enumerated() {
      var alone = Request([input], edits: [edit([[input.length / 2]])])
      alone.captures = edited.captures.map {
        Cells($0.component, layer: $0.layer, positions: [$0.positions[sequence]])
      }
      for (found, expected) in zip(try tiny.model.run(alone).captures, full.captures) {
        let own = expected.rowSlice(first..<first + found.rows)
        expectSame(own.keeping(found.width, of: heads), found, "\(name), alone")
        // Nothing comes after a text's end.
        let sums = [own, found].map { $0.elements.reduce(0) { $0 + Double($1) } }
        #expect(abs(sums[0] - sums[1]) < 1e-5)
      }
      first += sequence == 1 ? 0 : 3
    }
    #expect(full.captures[0].shape == [3 * (tiny.inputs.count - 1), heads * longest])
    #expect(full.captures[0].elements != plain[0].elements)
    // The second row is the first position, below every edit's reach in a causal model.
    if tiny.model.architecture.isCausal {
      #expect(full.captures[0].row(1).elements == plain[0].row(1).elements)
    }
  }

  /// An early position's weights are the same whatever else is requested.
  @Test func ofAnEarlyPositionAlone() throws {
    let tiny = try TinyModel("llama-gqa")
    let input = tiny.inputs[0]
    let all = try tiny.model.attentionWeights([input], layer: 1)[0]
    var request = Request([input])
    request.captures = [Cells(.attentionWeight, layer: 1, positions: [[2]])]
    let alone = try tiny.model.run(request).captures[0]
    request.logits = [[input.length - 1]]
    let beside = try tiny.model.run(request).captures[0]
    #expect(alone.shape == [1, 4 * input.length] && beside.shape == alone.shape)
    let rows = all.reshaped([4 * input.length, input.length])
    let expected = rows.gatherRows((0..<4).map { $0 * input.length + 2 })
    for found in [alone, beside] {
      expectSame(found.reshaped([4, input.length]), expected, "position 2")
    }
  }

  /// A position decoded after stored keys looks at all of them; a block whose weights are read is
  /// not computed a second time, others may be.
  @Test func withACacheAndRecomputing() throws {
    let tiny = try TinyModel("llama-gqa")
    let input = tiny.inputs[3]
    let last = input.length - 1
    let expected = try tiny.model.attentionWeights([input], layer: 1)[0]
    let cache = KeyValueCache(layers: tiny.model.architecture.layers)
    guard case .tokens(let ids) = input else { return }
    _ = try tiny.model.run(Request([.tokens(Array(ids[..<last]))], caches: [cache]))
    var request = Request([input], caches: [cache])
    request.captures = [Cells(.attentionWeight, layer: 1, positions: [[last]])]
    let found = try tiny.model.run(request).captures[0]
    #expect(found.shape == [1, 4 * input.length])
    for head in 0..<4 {
      let row = Array(found.elements[head * input.length..<(head + 1) * input.length])
      let start = (head * input.length + last) * input.length
      for (a, b) in zip(row, expected.elements[start...]) { #expect(abs(a - b) < 1e-6) }
    }
    var again = Request([input])
    again.captures = (0..<4).map {
      Cells(.attentionWeight, layer: 1, head: $0, positions: everywhere([input]))
    }
    again.recomputesBlocks = true
    expectSame(
      Tensor.concatenatingRows(try tiny.model.run(again).captures),
      expected.reshaped([4 * input.length, input.length]), "recomputed blocks")
  }

  /// Patterns that no machine holds are refused before any is computed.
  @Test func patternsBeyondMemory() throws {
    let temporary = try TemporaryFolder()
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(["max_position_embeddings": .integer(1 << 20)], in: folder)
    let model = try LanguageModel(contentsOf: folder)
    // 12 heads of some 3e5 × 3e5 weights: a hundred terabytes.
    let text = String(repeating: "x y ", count: 75_000)
    let fault = line { _ = try model.attentionPatterns(of: text, layers: [0, 1, 2]) }
    #expect(fault?.hasPrefix("12 attention patterns of ") == true, "\(fault ?? "nothing")")
    #expect(fault?.contains("memory of") == true, "\(fault ?? "nothing")")
  }

  @Test func whatAModelLacks() throws {
    let tiny = try TinyModel("llama-gqa")
    #expect(throws: ModelError.layerOutOfRange(layer: 3, layers: 3)) {
      try tiny.model.attentionWeights([tiny.inputs[0]], layer: 3)
    }
    var request = Request([tiny.inputs[0]])
    request.captures = [Cells(.attentionWeight, layer: 0, positions: [[7]])]
    #expect(throws: ModelError.positionOutOfRange(position: 7, length: 7)) {
      try tiny.model.run(request)
    }
    let perceptron = Model(Perceptron(inputs: 4, width: 4, layers: 1, outputs: 2, seed: 1))
    #expect(throws: ModelError.self) {
      try perceptron.attentionWeights([.vectors([[0, 0, 0, 0]])], layer: 0)
    }
  }
}
