import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A text's run with a named intervention at one site, or tied at several.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let zeroed = try model.intervention(
///   try ChosenIntervention(parsing: "zero"), at: [.mlpOutput(5, .last)],
///   base: "We know that the key near the cabinets")
/// print(try zeroed.compared().patched[0].token)
/// // One state of the source, read at layer 8, in three layers.
/// let tied = try model.intervention(
///   .interchange, at: (10...12).map { .blockOutput($0, .index(4)) },
///   base: "We know that the key near the cabinets",
///   source: "We know that the keys near the cabinets", readAt: .blockOutput(8, .index(4)))
/// print(try tied.compared().logitDifference?.share ?? 0)
/// ```
public struct TextIntervention {
  /// The text with its tokens.
  public let base: EncodedText
  /// The text that vectors are read from; nil where the intervention reads none.
  public let source: EncodedText?
  /// The positions that are changed at each site.
  public let positions: [[Int]]
  /// The logits of the patched base's output position: [1, outputs].
  public let logits: Tensor
  let model: LanguageModel

  /// The outputs beside those without the intervention, and the source's own.
  ///
  /// - Parameter count: how many of the likeliest outputs of each, at least 1
  /// - Throws: `ModelError` when a run fails.
  public func compared(top count: Int = 5) throws -> InterchangeComparison {
    try model.compared(logits, base: base, source: source, top: count)
  }
}

extension LanguageModel {
  /// Runs a text with a named intervention.
  ///
  /// At several sites it is one intervention that is tied: the same change everywhere, and with
  /// `readAt` one source state for all. Source vectors that aren't another text's (means, noise)
  /// are made for each site, from the text alone.
  ///
  /// - Parameters:
  ///   - sites: where the text's vectors are changed
  ///   - source: the text that vectors are read from, where the intervention reads another text
  ///   - read: where the source is read; by default each site at its own place, at the positions of
  ///     `sourcePositions`
  ///   - sourcePositions: the positions that are read in the source; the site's by default
  ///   - seed: of noise
  /// - Throws: `AlignmentError` for a source that is missing or not needed, positions that don't
  ///   correspond, or an intervention that can't be made at several sites at once; `ModelError` for
  ///   a site that the model lacks.
  public func intervention(
    _ chosen: ChosenIntervention, at sites: [Site], base: String, source: String? = nil,
    readAt read: Site? = nil, sourcePositions: Positions? = nil, seed: UInt64 = 0
  ) throws -> TextIntervention {
    guard (source != nil) == chosen.readsAnotherText, read == nil || source != nil else {
      throw AlignmentError.invalidSetting(
        name: "intervention \(chosen)",
        expected: chosen.readsAnotherText ? "a source text" : "no source: it reads no other text",
        found: source ?? (read == nil ? "none" : "a place to read"))
    }
    let vectors = chosen.source(seed: seed)
    guard sites.count < 2 || vectors?.followsRun != true else {
      throw AlignmentError.invalidSetting(
        name: "intervention \(chosen)",
        expected: "one layer: what it puts in depends on the changes below",
        found: "\(sites.count)")
    }
    let text = encode(base)
    let edits = try sites.map { site in
      let sources: [TextSource]
      if let source {
        var place = read ?? site
        if read == nil, let sourcePositions { place.positions = sourcePositions }
        sources = [.text(source, at: place)]
      } else {
        sources = try vectors.map { [.rows(try rows(of: $0, at: site, in: text))] } ?? []
      }
      return TextEdit(at: site, by: chosen.make(), from: sources)
    }
    let run = try run(base, edits: edits)
    return TextIntervention(
      base: run.text, source: source.map(encode), positions: run.positions, logits: run.logits,
      model: self)
  }

  /// The vectors that a source without another text has for a text's positions at a site.
  private func rows(
    of source: any InterventionSource, at site: Site, in text: EncodedText
  ) throws -> Tensor {
    let positions = try positions(of: site, in: text, named: "base")
    let example = AlignmentExample(base: text.input, sources: [], label: 0, baseLabel: 0)
    let reader = try source.reader(
      of: [example], at: [site], in: network, store: ActivationStore())
    return try reader.rows(of: [0], positions: [positions])[0]
  }
}
