import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

@Suite struct AdaptedModelTests {
  private func placed(_ sites: Site...) throws -> [PlacedIntervention] {
    try sites.enumerated().map { index, site in
      let width = try TinyModels.gguf().network.width(of: site)
      return PlacedIntervention(
        try randomLoReFT(rank: 2, width: width, seed: UInt64(index)), at: site)
    }
  }

  /// Decoding from the key/value store equals running everything anew for each token, with the
  /// edits on the prompts' positions alone; prompts of different lengths together equal each by
  /// itself.
  @Test func generationEqualsFullRecomputation() throws {
    let model = try TinyModels.gguf()
    let adapted = try AdaptedModel(
      model,
      placed(.blockOutput(0, .last), .mlpOutput(1, .all), .valueOutput(2, head: 1, .first(1))))
    let prompts = ["the cat", "a", "12 on the sand and"].map { model.tokenizer.encode($0) }
    let options = GenerationOptions(maximumTokens: 12)
    let together = try adapted.generate(prompts, options: options)
    for (prompt, found) in zip(prompts, together) {
      var tokens = prompt
      for _ in 0..<12 {
        let edits = try adapted.edits([tokens], promptLengths: [prompt.count])
        let logits = try #require(
          try model.run(.lastLogits([.tokens(tokens)], edits: edits)).logits)
        tokens.append(logits.rowMaxima()[0])
      }
      #expect(found == Array(tokens[prompt.count...]))
      #expect(try adapted.generate([prompt], options: options) == [found])
    }
    #expect(together != (try AdaptedModel(model, []).generate(prompts, options: options)))
  }

  /// An intervention at generated positions leaves the prompt, and so the first token, as it was.
  @Test func generatedPositionsAlone() throws {
    let model = try TinyModels.gguf()
    let adapted = try AdaptedModel(
      model, placed(.blockOutput(0, .generated), .mlpOutput(1, .generated)))
    let prompts = ["the cat", "12 on the sand and"].map { model.tokenizer.encode($0) }
    let options = GenerationOptions(maximumTokens: 12)
    let found = try adapted.generate(prompts, options: options)
    let plain = try AdaptedModel(model, []).generate(prompts, options: options)
    #expect(found != plain && found.map(\.first) == plain.map(\.first))
    for (prompt, found) in zip(prompts, found) {
      var tokens = prompt
      for _ in 0..<12 {
        let edits = try adapted.edits([tokens], promptLengths: [prompt.count])
        for edit in edits {
          #expect(edit.cells.positions == [Array(prompt.count..<tokens.count)])
        }
        let logits = try #require(
          try model.run(.lastLogits([.tokens(tokens)], edits: edits)).logits)
        tokens.append(logits.rowMaxima()[0])
      }
      #expect(found == Array(tokens[prompt.count...]))
    }
  }

  @Test func lastLogitsEqualPlainLoops() throws {
    let model = try TinyModels.gguf()
    let loreft = try randomLoReFT(rank: 3, seed: 4)
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(loreft, at: .blockOutput(1, .firstAndLast(1, 1)))])
    let prompts = [[5, 6, 7, 8], [9], [20, 46]]
    let found = try adapted.lastLogits(prompts)
    let stored = try adapted.lastLogits(prompts, store: ActivationStore())
    for (row, prompt) in prompts.enumerated() {
      let cells = Cells(
        .blockOutput, layer: 1, positions: [prompt.count == 1 ? [0] : [0, prompt.count - 1]])
      let rows = try model.run(Request([.tokens(prompt)], captures: [cells])).captures[0]
      let edited = plainLoReFT(loreft, rows)
      let expected = try #require(
        try model.run(.lastLogits([.tokens(prompt)], edits: [Edit(cells) { _ in edited }]))
          .logits)
      for id in 0..<61 {
        // float32 rounding through one block and the vocabulary.
        #expect(abs(found[row, id] - expected[0, id]) < 1e-4)
        #expect(abs(stored[row, id] - expected[0, id]) < 1e-4)
      }
    }
  }

  @Test func overlapIsRefusedWithBothNames() throws {
    let model = try TinyModels.gguf()
    func message(_ length: Int, _ sites: Site...) throws -> String? {
      let adapted = try AdaptedModel(
        model,
        sites.map { site in
          let width = try model.width(of: site)
          return PlacedIntervention(try randomLoReFT(rank: 1, width: width, seed: 0), at: site)
        })
      return line { _ = try adapted.lastLogits([Array(1...length)]) }
    }
    #expect(
      try message(3, .blockOutput(1, .all), .blockOutput(1, .last))
        == "two interventions change the same cells: block_output 1 @ all and block_output 1 @ -1")
    #expect(
      try message(3, .queryOutput(0, head: 1, .all), .queryOutput(0, .index(2)))
        == "two interventions change the same cells: head_query_output 0 head 1 @ all and "
        + "query_output 0 @ 2")
    // The first two and the last two of three meet, of four they don't.
    #expect(try message(3, .blockOutput(1, .first(2)), .blockOutput(1, .last(2))) != nil)
    #expect(try message(4, .blockOutput(1, .first(2)), .blockOutput(1, .last(2))) == nil)
    #expect(try message(3, .blockOutput(1, .last), .blockOutput(2, .last)) == nil)
    #expect(try message(3, .blockOutput(1, .last), .mlpOutput(1, .last)) == nil)
    #expect(
      try message(3, .queryOutput(0, head: 1, .all), .queryOutput(0, head: 2, .all)) == nil)
  }

  @Test func sitesAndWidthsAreChecked() throws {
    let model = try TinyModels.gguf()
    let loreft = try randomLoReFT(rank: 1, seed: 0)
    #expect(throws: ModelError.layerOutOfRange(layer: 3, layers: 3)) {
      try AdaptedModel(model, [PlacedIntervention(loreft, at: .blockOutput(3, .last))])
    }
    #expect(
      throws: InterventionError.widthMismatch(
        name: "head_query_output 0 head 0 @ -1", expected: 16, found: 4)
    ) {
      try AdaptedModel(model, [PlacedIntervention(loreft, at: .queryOutput(0, head: 0, .last))])
    }
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(loreft, at: .blockOutput(0, .first(3)))])
    #expect(throws: ModelError.self) { try adapted.lastLogits([[1, 2]]) }
    #expect(throws: ModelError.self) { try adapted.generate([[1, 2, 3], [1]]) }
    #expect(throws: ModelError.self) { try adapted.lastLogits([[]]) }
    #expect(throws: ModelError.self) { try AdaptedModel(model, []).generate([[]]) }
  }
}
