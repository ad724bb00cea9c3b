import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Weights of cross-attention, read and changed. Their scores, their gradients and what is put back
/// are tested with those of self-attention.
@Suite struct CrossAttentionTests {
  private static let forms = ArchitectureForm.encoderDecoders

  /// The weights with which the decoder looks at its source mix the source's values; each head's
  /// sum to 1, whatever else is in the batch.
  @Test(arguments: forms)
  func crossAttentionWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let inputs = [try form.input("short"), try form.input("long")]
    let (below, above) = try form.stackLayers()
    let all = Array(below..<below + above)
    let store = ActivationStore()
    for store in [nil, store, store] {
      let weights = try form.model.crossAttentionWeights(inputs, layers: all, store: store)
      for (layer, own) in zip(all, weights) {
        for (input, own) in zip(inputs, own) {
          let source = try #require(input.source).length
          let (heads, targets) = (own.shape[0], input.length)
          try #require(own.shape == [heads, targets, source])
          let alone = try form.model.crossAttentionWeights([input], layers: [layer])[0][0]
          expectSame(own, alone, "\(name) \(layer)")
          let run = try form.model.run(
            Request(
              [input],
              captures: [.crossValueOutput, .crossAttentionValueOutput].map {
                Cells($0, layer: layer, positions: form.everywhere(input, $0, layer))
              }))
          let (values, mixed) = (run.captures[0], run.captures[1])
          let width = mixed.width / heads
          for head in 0..<heads {
            let rows = own.reshaped([heads * targets, source])
              .rowSlice(head * targets..<(head + 1) * targets)
            // Sums of at most so many shares as a short source has tokens.
            for sum in rows.linear(Tensor(repeating: 1, shape: [1, source])).elements {
              #expect(abs(sum - 1) < 1e-5)
            }
            let columns = head * width..<(head + 1) * width
            expectSame(
              mixed.columns(columns), rows.matrixProduct(values.columns(columns)),
              "\(name) \(layer).\(head)")
          }
        }
      }
    }
    #expect(
      line { _ = try form.model.crossAttentionWeights(inputs, layers: [0]) }?
        .hasPrefix("layer 0 has no cross_attention_weight") == true)
  }

  /// The patterns of texts are these weights, with the start token before the target.
  @Test(arguments: forms)
  func crossAttentionPatterns(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let stacks = try #require(model.architecture.stacks)
    let layer = model.layers - 1
    let patterns = try model.crossAttentionPatterns(
      of: "abc cab", target: "bca", layers: [layer], heads: [1])
    let source = model.encode("abc cab").ids
    let target = model.tokenizer.encode("bca", addingSpecialTokens: false)
    let input = model.architecture.input(source, continuedBy: target)
    let weights = try model.network.crossAttentionWeights([input], layers: [layer])[0][0]
    #expect(patterns.tokens.count == 4 && patterns.keys.count == source.count)
    #expect(patterns.heads.map(\.name) == ["\(layer).1"])
    let elements = weights.elements
    for (row, line) in patterns.heads[0].weights.enumerated() {
      let start = (weights.shape[1] + row) * source.count
      #expect(line == Array(elements[start..<start + source.count]))
    }
    let json = try JSONEncoder().encode(patterns)
    #expect(try JSONDecoder().decode(AttentionPatterns.self, from: json) == patterns)
    #expect(
      line { _ = try model.crossAttentionPatterns(of: "abc", target: "", layers: [0]) }?
        .hasPrefix("layer 0 has no cross_attention_weight") == true)
    #expect(
      line { _ = try model.attentionPatterns(of: "abc", layers: [stacks.encoder.layers]) }
        != nil)
  }

  /// Another share for each position in one head: that head's mixed values are the plain sums, the
  /// other heads' are as they were, and the logits those of the mixed values put in by hand.
  @Test(arguments: forms)
  func anEditOfOneHeadsWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let (below, above) = try form.stackLayers()
    let source = try #require(input.source).length
    let query = input.length - 1
    for layer in below..<below + above {
      let heads = try #require(
        form.model.architecture.dimensions(of: .crossAttentionWeight, layer: layer)?.heads)
      for head in 0..<heads {
        let shares = (0..<source).map { Float(1 + ($0 + head) % 3) / Float(2 * source) }
        let place = Cells(.crossAttentionWeight, layer: layer, head: head, positions: [[query]])
        let edit = Edit(place) { Tensor(shares, shape: $0.shape) }
        let mixed = Cells(.crossAttentionValueOutput, layer: layer, positions: [[query]])
        let values = Cells(.crossValueOutput, layer: layer, positions: [Array(0..<source)])
        let output = [[query]]
        let edited = try form.model.run(
          Request([input], edits: [edit], captures: [mixed, values], logits: output))
        let plain = try form.model.run(Request([input], captures: [mixed], logits: output))
        let width = edited.captures[0].width / heads
        let columns = head * width..<(head + 1) * width
        var expected = plain.captures[0].elements
        for column in columns {
          expected[column] = (0..<source).reduce(Float(0)) {
            $0 + shares[$1] * edited.captures[1][$1, column]
          }
        }
        let found = edited.captures[0].elements
        for column in expected.indices where !columns.contains(column) {
          #expect(found[column] == expected[column])
        }
        let wanted = Tensor(expected, shape: plain.captures[0].shape)
        expectSame(edited.captures[0], wanted, "\(name) \(layer).\(head)")
        let byHand = try form.model.run(
          Request([input], edits: [Edit(mixed) { _ in wanted }], logits: output))
        expectSame(
          try #require(edited.logits), try #require(byHand.logits), "\(name) \(layer).\(head)")
        #expect(
          largestDifference(found, plain.captures[0].elements) > 1e-3, "\(name) \(layer).\(head)")
      }
    }
  }

  /// Written token by token with changed scores and weights as when all is run again each time.
  @Test(arguments: forms)
  func changesOfWeightsWhileWriting(name: String) throws {
    let form = try ArchitectureForm(name)
    let model = form.model
    let (below, _) = try form.stackLayers()
    let sources = try ["long", "short"].map { text in
      try #require(form.input(text).source?.tokenIDs)
    }
    let edits = [
      GenerationEdit(at: .crossAttentionScores(below, head: 1, .every)) { -3 * $0 },
      GenerationEdit(at: .crossAttentionWeight(below + 1, .every)) { $0 * $0 },
    ]
    let options = GenerationOptions(maximumTokens: 8)
    let found = try model.generate(sources, options: options, changing: edits)
    for (source, written) in zip(sources, found) {
      var ids: [Int] = []
      for _ in 0..<options.maximumTokens {
        let input = model.architecture.input(source, continuedBy: ids)
        let again = edits.map {
          Edit(Cells($0.site, positions: [Array(0..<input.length)]), transform: $0.transform)
        }
        let run = try model.run(.lastLogits([input], edits: again))
        ids.append(try #require(run.logits).rowMaxima()[0])
      }
      #expect(written == ids)
    }
  }
}
