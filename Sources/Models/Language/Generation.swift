import Foundation
import InterchangeBasics
import InterchangeTensors

/// The choice of continuations.
public struct GenerationOptions: Sendable, Codable {
  /// The largest number of tokens that are added to a prompt.
  public var maximumTokens: Int
  /// 0 takes the likeliest token; above 0 samples from softmax(logits / temperature).
  public var temperature: Double
  /// The seed of the draws.
  public var seed: UInt64
  /// Tokens that end a continuation and are not part of it.
  public var stopTokens: Set<Int>

  /// Options that take the likeliest tokens unless there is a temperature.
  public init(
    maximumTokens: Int = 64, temperature: Double = 0, seed: UInt64 = 0, stopTokens: Set<Int> = []
  ) {
    (self.maximumTokens, self.temperature, self.seed) = (maximumTokens, temperature, seed)
    self.stopTokens = stopTokens
  }
}

extension Model {
  /// Continues prompts with edits of their positions, applied while the prompts are read.
  ///
  /// - Throws: ``ModelError`` when a prompt or an edit doesn't fit.
  public func generate(
    _ prompts: [[Int]], options: GenerationOptions = GenerationOptions(), edits: [Edit] = [],
    onToken: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[Int]] {
    var isFirst = true
    return try generate(
      prompts, options: options,
      prepare: { request, _ in
        if isFirst { request.edits = edits }
        isFirst = false
      }, onToken: onToken)
  }

  /// Continues prompts of any lengths together, from the key/value store: after the prompts each
  /// step computes one row a sequence.
  ///
  /// - Parameters:
  ///   - prompts: token ids, at least one each; of an encoder-decoder the sources
  ///   - prepare: changes the request of every step; gets it with the numbers of the prompts that
  ///     are still continued
  ///   - onToken: called with (prompt, token) as tokens are found
  /// - Returns: the added tokens of each prompt
  /// - Throws: ``ModelError`` when a prompt or an edit doesn't fit, and what `prepare` throws.
  public func generate(
    _ prompts: [[Int]], options: GenerationOptions = GenerationOptions(),
    prepare: (inout Request, [Int]) throws -> Void,
    onToken: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[Int]] {
    // One for each prompt: what is drawn for one doesn't depend on how long the others go on.
    var seeds = RandomGenerator(seed: options.seed)
    var generators = prompts.map { _ in seeds.split() }
    var results = prompts.map { _ in [Int]() }
    var active = Array(prompts.indices)
    let caches = prompts.map { _ in KeyValueCache(layers: architecture.layers) }
    while !active.isEmpty && options.maximumTokens > 0 {
      var request = Request.lastLogits(
        active.map { architecture.input(prompts[$0], continuedBy: results[$0]) })
      request.caches = active.map { caches[$0] }
      try prepare(&request, active)
      let logits = try run(request).logits!
      var remaining: [Int] = []
      for (row, prompt) in active.enumerated() {
        let token = Self.choose(logits.rowSlice(row..<row + 1), options, &generators[prompt])
        guard !options.stopTokens.contains(token) else { continue }
        results[prompt].append(token)
        onToken(prompt, token)
        let length =
          architecture.input(prompts[prompt], continuedBy: results[prompt]).length
        if results[prompt].count < options.maximumTokens && length < architecture.maximumLength {
          remaining.append(prompt)
        }
      }
      active = remaining
    }
    return results
  }

  private static func choose(
    _ logits: Tensor, _ options: GenerationOptions, _ generator: inout RandomGenerator
  ) -> Int {
    guard options.temperature > 0 else { return logits.rowMaxima()[0] }
    let weights = (Float(1 / options.temperature) * logits).logSoftmax().elements.map {
      exp(Double($0))
    }
    var rest = generator.uniform() * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return token }
    }
    return weights.count - 1
  }
}
