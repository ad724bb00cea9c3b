import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

/// The choices of `LanguageModel/headDetection(_:on:progress:)`.
public struct HeadDetectionSettings: Sendable {
  /// The number of sequences of random tokens.
  public var sequences = 4
  /// The number of random tokens in each, which are then repeated.
  public var tokens = 32
  /// Tells whether composition scores are computed.
  public var composition = true
  /// The number of pairs of heads of each kind that are kept.
  public var pairs = 20
  /// The seed of random tokens and of the random heads that composition is compared with.
  public var seed: UInt64 = 0

  /// Four sequences of 32 tokens, with composition.
  public init() {}
}

extension LanguageModel {
  /// The heads by what they look at and what they write.
  ///
  /// - Parameters:
  ///   - text: a text in the place of random tokens that are repeated; it has to have a token twice
  ///   - progress: called with what is being done and the number of layers or sequences
  /// - Throws: `CircuitError` for a model without heads, a setting that can't work or a text
  ///   without repetition, `ModelError` for a text that is too long.
  public func headDetection(
    _ settings: HeadDetectionSettings = HeadDetectionSettings(), on text: String? = nil,
    progress: (String, Int) -> Void = { _, _ in }
  ) throws -> HeadDetection {
    guard architecture.stacks == nil else {
      throw CircuitError.unsuitable(
        architecture: architecture.name, method: "detecting heads",
        reason: "expected one stack, found an encoder-decoder")
    }
    guard let heads = architecture.dimensions(of: .attentionValueOutput)?.heads else {
      throw CircuitError.unsuitable(
        architecture: architecture.name, method: "detecting heads", reason: "it has no heads")
    }
    let inputs = try text.map { [encode($0).ids] } ?? repeatedTokens(settings)
    let length = inputs.map(\.count).max() ?? 0
    try requireMemory(
      8 * Double(layers * heads) * Double(length) * Double(length),
      for: "the attention of \(layers * heads) heads over \(length) tokens")
    var scores = AttentionScores(layers: layers, heads: heads)
    for (index, ids) in inputs.enumerated() {
      let weights = try network.attentionWeights([.tokens(ids)], layers: Array(0..<layers))
      scores.add(ids, attention: weights.map { $0[0] }, isCausal: architecture.isCausal)
      progress("sequences", index + 1)
    }
    guard scores.isScored.allSatisfy(\.self) else {
      throw CircuitError.noExamples(
        reason: "no token of the text comes a second time with another one in between, which is "
          + "what induction and duplicate token heads are found by")
    }
    var copying: [[Double]]?
    var (composition, reason): (HeadComposition?, String?)
    do {
      let stream = try network.additiveStream(for: "scores of heads by their weights")
      let score = try CopyingScore(stream)
      copying = try (0..<layers).map { try score.scores(stream.headMatrices(of: $0)) }
      if settings.composition {
        composition = try HeadComposition(
          of: stream, keeping: settings.pairs, seed: settings.seed,
          progress: { progress("layers", $0) })
      }
    } catch let error as CircuitError {
      reason = "\(error)"
    }
    return HeadDetection(
      text: text, sequences: inputs.count, length: length,
      heads: (0..<layers).flatMap { layer in
        (0..<heads).map { head in
          HeadDetection.Head(
            layer: layer, head: head, previous: scores.mean(0, layer, head),
            duplicate: scores.mean(1, layer, head), induction: scores.mean(2, layer, head),
            copying: copying?[layer][head])
        }
      }, uniform: scores.uniformMeans, composition: composition, withoutWeights: reason)
  }

  /// Sequences of different random tokens, each repeated once after what the tokenizer puts before
  /// a text.
  private func repeatedTokens(_ settings: HeadDetectionSettings) throws -> [[Int]] {
    guard settings.sequences > 0 else {
      throw CircuitError.invalidSetting(
        name: "sequences", expected: "at least 1", found: "\(settings.sequences)")
    }
    let start =
      tokenizer.addsBeginningOfSequence ? tokenizer.beginningOfSequence.map { [$0] } ?? [] : []
    let most = (architecture.maximumLength - start.count) / 2
    guard (2...max(2, most)).contains(settings.tokens), settings.tokens <= most else {
      throw CircuitError.invalidSetting(
        name: "tokens",
        expected: "2 to \(most), as this model reads at most "
          + "\(architecture.maximumLength)", found: "\(settings.tokens)")
    }
    var generator = RandomGenerator(seed: settings.seed)
    return try (0..<settings.sequences).map { _ in
      var drawn: [Int] = []
      var known: Set<Int> = []
      var tries = 0
      while drawn.count < settings.tokens {
        tries += 1
        guard tries < 1000 * settings.tokens else {
          throw CircuitError.invalidSetting(
            name: "tokens",
            expected: "at most \(drawn.count), as this vocabulary has few tokens "
              + "that stand for a text", found: "\(settings.tokens)")
        }
        let id = Int.random(in: 0..<tokenizer.count, using: &generator)
        // Without special tokens and parts of characters.
        guard !known.contains(id),
          tokenizer.encode(tokenizer.token(id), addingSpecialTokens: false) == [id]
        else { continue }
        known.insert(id)
        drawn.append(id)
      }
      return start + drawn + drawn
    }
  }
}
