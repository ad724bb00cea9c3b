import Foundation
import InterchangeAlignment
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct CausalTracingTests {
  private static let forms = ["mistral", "gpt2", "gpt-neox", "gemma2", "opt"]
  /// Of probabilities, whose logits below 8 come from runs in other batches.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)

  private let prompt = TracedPrompt(tokens: [5, 11, 3, 17, 8, 22], subject: 1..<3, answer: 9)

  private func probability(_ model: Model, _ input: ModelInput, _ edits: [Edit] = []) throws
    -> Double
  {
    let logits = try model.run(.lastLogits([input], edits: edits)).logits!
    return exp(Double(logits.logSoftmax()[0, prompt.answer]))
  }

  /// Without noise nothing is corrupted, and restoring changes nothing.
  @Test(arguments: forms) func withoutNoise(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let trace = try CausalTracing(layers: [0, 1], noise: 0, draws: 2, window: 2).run(
      model, on: [prompt])
    let plain = try probability(model, .tokens(prompt.tokens))
    #expect(abs(trace.clean.value! - plain) < Self.rounding)
    #expect(abs(trace.corrupted.value! - plain) < Self.rounding)
    for map in trace.maps {
      for value in map.cells.joined() { #expect(abs(value.value! - plain) < Self.rounding) }
    }
    #expect(trace.maps.map(\.component) == [.blockOutput, .attentionOutput, .mlpOutput])
    #expect(trace.maps.map(\.window) == [1, 2, 2])
  }

  /// Vectors of tokens in the place of the tokens give the same logits.
  @Test(arguments: forms) func vectorsForTokens(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let rows = try #require(model.architecture.tokenVectors(prompt.tokens))
    let vectors = (0..<6).map { rows.rowSlice($0..<$0 + 1).elements }
    let run = try model.run(.lastLogits([.vectors(vectors), .tokens(prompt.tokens)]))
    let logits = run.logits!
    #expect(logits.rowSlice(0..<1).elements == logits.rowSlice(1..<2).elements)
    #expect(throws: ModelError.self) {
      try model.run(.lastLogits([.vectors([[1, 2, 3]])]))
    }
  }

  /// A cell is the corrupted run with one state put back: the mean over draws.
  @Test(arguments: forms) func cellsEqualSingleRestorations(form: String) throws {
    let model = try ArchitectureFixtures.model(form)
    let layers = model.architecture.layers
    let trace = try CausalTracing(
      layers: Array(0..<layers), noise: 2, draws: 1, window: 2, seed: 3
    ).run(model, on: [prompt])
    #expect(trace.corrupted.n == 1 && trace.width == 6)
    // The last layer's state at the last token is all that the answer is made of.
    let whole = trace.maps[0].cells[layers - 1][5].value!
    #expect(abs(whole - trace.clean.value!) < Self.rounding)
    // Before the subject nothing was corrupted.
    for row in trace.maps[0].cells {
      #expect(abs(row[0].value! - trace.corrupted.value!) < Self.rounding)
    }
    // The same noise, by a run with an edit of the first block's input.
    let vectors = try corrupted(model, trace)
    #expect(abs(try probability(model, vectors) - trace.corrupted.value!) < Self.rounding)
    for (map, component) in [(0, Component.blockOutput), (1, .attentionOutput), (2, .mlpOutput)] {
      for layer in 0..<layers {
        let together = map == 0 ? [layer] : Array(max(0, layer - 1)...layer)
        for position in [1, 2, 4] {
          let edits = try together.map { layer in
            let clean = try model.activations(
              at: Site(component, layer: layer), [.tokens(prompt.tokens)],
              positions: [[position]])
            return Edit(Cells(component, layer: layer, positions: [[position]])) { _ in clean }
          }
          let wanted = try probability(model, vectors, edits)
          let found = trace.maps[map].cells[layer][position].value!
          #expect(abs(found - wanted) < Self.rounding, "\(component) \(layer) \(position)")
        }
      }
    }
  }

  /// The token vectors with the trace's noise, drawn anew by the rule that it states.
  private func corrupted(_ model: Model, _ trace: CausalTrace) throws -> ModelInput {
    let rows = try #require(model.architecture.tokenVectors(prompt.tokens))
    return .vectors(
      (0..<6).map { position in
        let clean = rows.rowSlice(position..<position + 1).elements
        guard prompt.subject.contains(position) else { return clean }
        let noise = NoiseSource.draw(
          clean.count, deviation: trace.deviation, seed: 3, [0, 0, position])
        return zip(clean, noise).map { $0 + $1 }
      })
  }

  /// Several prompts are averaged over their parts; a part that none has is missing.
  @Test func partsOfSeveralPrompts() throws {
    let model = try ArchitectureFixtures.model("mistral")
    let other = TracedPrompt(tokens: [1, 7, 30, 2], subject: 0..<1, answer: 4)
    let tracing = CausalTracing(layers: [1], noise: 2, draws: 2, window: 1, seed: 1)
    let both = try tracing.run(model, on: [prompt, other])
    #expect(both.columns.count == 6 && both.prompts == 2)
    let counts = both.maps[0].cells[0].map(\.n)
    // A first subject token in one, a middle one in none.
    #expect(counts == [1, 0, 2, 2, 2, 2])
    #expect(both.maps[0].cells[0][1].value == nil)
    #expect(both.clean.n == 2)
  }

  @Test func faults() throws {
    let model = try ArchitectureFixtures.model("mistral")
    func message(_ tracing: CausalTracing, _ prompts: [TracedPrompt]) -> String {
      line { _ = try tracing.run(model, on: prompts) } ?? "no error"
    }
    #expect(message(CausalTracing(layers: [0]), []).contains("no prompt"))
    #expect(message(CausalTracing(layers: [0], draws: 0), [prompt]).contains("draws"))
    #expect(message(CausalTracing(layers: [0], noise: .nan), [prompt]).contains("noise"))
    #expect(message(CausalTracing(layers: [9]), [prompt]).contains("layer"))
    let outside = TracedPrompt(tokens: [1, 2], subject: 1..<3, answer: 0)
    #expect(message(CausalTracing(layers: [0]), [outside]).contains("subject"))
    let unknown = TracedPrompt(tokens: [1, 4800], subject: 0..<1, answer: 0)
    #expect(message(CausalTracing(layers: [0]), [unknown]).contains("id 4800"))
    let answerless = TracedPrompt(tokens: [1, 2], subject: 0..<1, answer: 4800)
    #expect(message(CausalTracing(layers: [0]), [answerless]).contains("output 4800"))
    let bert = try ArchitectureFixtures.model("distilbert")
    #expect(throws: ModelError.notADecoder(architecture: bert.architecture.name)) {
      try CausalTracing(layers: [0]).run(bert, on: [prompt])
    }
  }
}
