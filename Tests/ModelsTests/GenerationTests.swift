import Foundation
import InterchangeModels
import InterchangeTensors
import Testing

@Suite struct GenerationTests {
  private let tiny: TinyModel

  init() throws { tiny = try TinyModel("llama-bias") }

  private func greedy(_ count: Int, stop: Set<Int> = []) -> GenerationOptions {
    GenerationOptions(maximumTokens: count, stopTokens: stop)
  }

  /// Greedy continuation by running all of the text again for every token.
  private func recomputed(
    _ prompt: [Int], _ count: Int, edits: [Edit] = []
  ) throws -> [Int] {
    var ids = prompt
    for _ in 0..<count {
      let run = try tiny.model.run(.lastLogits([.tokens(ids)], edits: edits))
      ids.append(try #require(run.logits).rowMaxima()[0])
    }
    return Array(ids[prompt.count...])
  }

  @Test(arguments: TinyModel.decoders)
  func cacheEqualsRecomputing(name: String) throws {
    let tiny = try TinyModel(name)
    let prompts = tiny.document.prompts
    let together = try tiny.model.generate(prompts, options: greedy(40))
    for (prompt, found) in zip(prompts, together) {
      var ids = prompt
      for _ in 0..<40 {
        ids.append(
          try #require(try tiny.model.run(.lastLogits([.tokens(ids)])).logits).rowMaxima()[0])
      }
      #expect(found == Array(ids[prompt.count...]), "\(name)")
      #expect(try tiny.model.generate([prompt], options: greedy(40)) == [found], "\(name)")
    }
    #expect(Set(together).count > 1)
  }

  @Test func stopTokensEndOnlyTheirPrompt() throws {
    let prompts = tiny.document.prompts
    let free = try tiny.model.generate(prompts, options: greedy(30))
    let stop = free[0][3]
    let stopped = try tiny.model.generate(prompts, options: greedy(30, stop: [stop]))
    for (found, whole) in zip(stopped, free) {
      #expect(found == Array(whole.prefix { $0 != stop }))
    }
    #expect(stopped[0].count <= 3)
    #expect(Set(stopped.map(\.count)).count > 1)
  }

  @Test func maximumIsKept() throws {
    let prompts = tiny.document.prompts
    let long = try tiny.model.generate(prompts, options: greedy(5))
    #expect(long.allSatisfy { $0.count == 5 })
    #expect(
      try tiny.model.generate(prompts, options: greedy(2)) == long.map { Array($0.prefix(2)) })
    for count in [0, -3] {
      #expect(
        try tiny.model.generate(prompts, options: greedy(count)) == prompts.map { _ in [] })
    }
  }

  /// A sequence may become as long as the model reads, with the token found from its last position.
  @Test func endsAtTheModelsLength() throws {
    let full = Array(repeating: 7, count: 510)
    let found = try tiny.model.generate([full, [1]], options: greedy(8))
    #expect(found.map(\.count) == [2, 8])
    #expect(throws: ModelError.invalidLength(length: 513, maximum: 512)) {
      try tiny.model.generate([Array(repeating: 7, count: 513)], options: greedy(1))
    }
    #expect(throws: ModelError.invalidLength(length: 0, maximum: 512)) {
      try tiny.model.generate([[1], []], options: greedy(1))
    }
  }

  @Test func tokensAreAnnouncedAsTheyAreFound() throws {
    var announced = tiny.document.prompts.map { _ in [Int]() }
    var order: [Int] = []
    let found = try tiny.model.generate(tiny.document.prompts, options: greedy(3)) {
      announced[$0].append($1)
      order.append($0)
    }
    #expect(announced == found)
    #expect(order == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
  }

  /// Changes at generated positions are those of running all of the text again with them.
  @Test(arguments: [Positions.generated, .every, .index(-1), .all])
  func changesAtSites(positions: Positions) throws {
    let prompts = [tiny.document.prompts[0], tiny.document.prompts[3]]
    let edits = [
      GenerationEdit(at: Site(.blockOutput, layer: 1, positions)) { -2 * $0 },
      GenerationEdit(at: Site(.attentionWeight, layer: 2, head: 1, positions)) { $0 * $0 },
    ]
    let found = try tiny.model.generate(prompts, options: greedy(12), changing: edits)
    let plain = try tiny.model.generate(prompts, options: greedy(12))
    #expect(found != plain)
    for (index, prompt) in prompts.enumerated() {
      var ids = prompt
      for _ in 0..<12 {
        let goesOn = positions == .generated || positions == .every
        let cells = try positions.resolved(
          length: goesOn ? ids.count : prompt.count, prompt: prompt.count)
        let again = edits.map {
          Edit(Cells($0.site, positions: [cells]), transform: $0.transform)
        }
        let run = try tiny.model.run(.lastLogits([.tokens(ids)], edits: again))
        ids.append(try #require(run.logits).rowMaxima()[0])
      }
      #expect(found[index] == Array(ids[prompt.count...]), "\(positions)")
    }
    // The first token is found from the prompt alone.
    if positions == .generated { #expect(found.map(\.first) == plain.map(\.first)) }
  }

  /// Edits concern the prompt, whose keys and values stay edited while decoding continues.
  @Test func editsOnThePrompt() throws {
    let prompts = [tiny.document.prompts[0], tiny.document.prompts[3]]
    func edit(_ positions: [[Int]]) -> Edit {
      Edit(Cells(.blockOutput, layer: 0, positions: positions)) { -2 * $0 }
    }
    let plain = try tiny.model.generate(prompts, options: greedy(12))
    let edited = try tiny.model.generate(
      prompts, options: greedy(12), edits: [edit([[1, 6], [4, 8]])])
    #expect(edited[0] == (try recomputed(prompts[0], 12, edits: [edit([[1, 6]])])))
    #expect(edited[1] == (try recomputed(prompts[1], 12, edits: [edit([[4, 8]])])))
    #expect(edited[0] != plain[0] && edited[1] != plain[1])
  }

  @Test func samplingFollowsTheSeed() throws {
    let prompts = tiny.document.prompts
    func sampled(_ seed: UInt64, temperature: Double = 1, _ prompts: [[Int]]) throws -> [[Int]] {
      try tiny.model.generate(
        prompts,
        options: GenerationOptions(maximumTokens: 12, temperature: temperature, seed: seed))
    }
    let first = try sampled(1, prompts)
    #expect(try sampled(1, prompts) == first)
    #expect(try sampled(2, prompts) != first)
    // The draws for a prompt don't depend on the prompts after it.
    #expect(try sampled(1, [prompts[0]]) == [first[0]])
    #expect(try sampled(1, Array(prompts[..<2])) == Array(first[..<2]))
    // Cold sampling is greedy: the runner-up's share is e^(-lead / 0.001).
    #expect(
      try sampled(3, temperature: 0.001, prompts)
        == tiny.model.generate(prompts, options: greedy(12)))
  }

  /// Frequencies of a sampled token are its softmax: 4,000 draws have a deviation below 0.008.
  @Test func samplingFollowsTheDistribution() throws {
    let prompt = tiny.document.prompts[1]
    let logits = try #require(try tiny.model.run(.lastLogits([.tokens(prompt)])).logits)
    let expected = (0.5 * logits).softmaxElements
    var counts = [Int](repeating: 0, count: 61)
    for draw in try tiny.model.generate(
      Array(repeating: prompt, count: 4000),
      options: GenerationOptions(maximumTokens: 1, temperature: 2, seed: 9))
    {
      counts[draw[0]] += 1
    }
    for (count, probability) in zip(counts, expected) {
      #expect(abs(Double(count) / 4000 - probability) < 0.032)
    }
  }
}

extension Tensor {
  /// Softmax of one row, in double precision.
  fileprivate var softmaxElements: [Double] {
    let values = elements.map(Double.init)
    let largest = values.max() ?? 0
    let weights = values.map { exp($0 - largest) }
    return weights.map { $0 / weights.reduce(0, +) }
  }
}
