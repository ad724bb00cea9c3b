import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A text's run with a named intervention at one site, tied at several, or with a source for each.
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
  /// The texts that vectors are read from: none, one for all sites, or one for each.
  public let sources: [EncodedText]
  /// The positions that are changed at each site.
  public let positions: [[Int]]
  /// The logits of the patched base's output position: [1, outputs].
  public let logits: Tensor
  let model: LanguageModel

  /// The only text that vectors are read from; nil where there are none or several.
  public var source: EncodedText? { sources.count == 1 ? sources[0] : nil }

  /// The outputs beside those without the intervention, and the source's own.
  ///
  /// - Parameter count: how many of the likeliest outputs of each, at least 1
  /// - Throws: `ModelError` when a run fails.
  public func compared(top count: Int = 5) throws -> InterchangeComparison {
    try model.compared(logits, base: base, source: source, top: count)
  }

  /// The likeliest outputs of each source's own run, the likeliest first.
  ///
  /// - Throws: `ModelError` when a run fails.
  public func sourceOutputs(top count: Int = 5) throws -> [[Prediction]] {
    try sources.map {
      model.top(count, of: try model.run(model.measuring([$0.input])).logits!)
    }
  }
}

/// A place of a text whose vectors are those of a text of its own.
public struct SourcedSite: Sendable, Hashable {
  /// Where the base's vectors are changed.
  public var site: Site
  /// The text that vectors are read from.
  public var source: String
  /// Where the source is read; the ``site`` when nil.
  public var read: Site?

  /// A place with its source.
  public init(_ site: Site, from source: String, readAt read: Site? = nil) {
    (self.site, self.source, self.read) = (site, source, read)
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
      base: run.text, sources: source.map { [encode($0)] } ?? [], positions: run.positions,
      logits: run.logits, model: self)
  }

  /// Runs a text with a named intervention at several places, each with vectors of a source of its
  /// own, all in one run (pyvene's interchange with several sources).
  ///
  /// Each source runs by itself, unchanged; in the base's run a change sees those below it.
  ///
  /// - Throws: `AlignmentError` for an intervention that reads no other text, no place at all, a
  ///   vector that two sources would change, or positions that don't correspond; `ModelError` for a
  ///   site that the model lacks.
  public func intervention(
    _ chosen: ChosenIntervention, at places: [SourcedSite], base: String
  ) throws -> TextIntervention {
    guard chosen.readsAnotherText, !places.isEmpty else {
      throw AlignmentError.invalidSetting(
        name: "intervention \(chosen)",
        expected: chosen.readsAnotherText ? "a source" : "no source: it reads no other text",
        found: places.first?.source ?? "none")
    }
    let run = try run(
      base,
      edits: places.map {
        TextEdit(
          at: $0.site, by: chosen.make(), from: [.text($0.source, at: $0.read ?? $0.site)])
      })
    for (index, place) in places.enumerated() {
      for other in 0..<index {
        var (one, two) = (place.site, places[other].site)
        (one.positions, two.positions) = (.all, .all)
        let isInside = one.head == nil || two.head == nil || one.head == two.head
        (one.head, two.head) = (nil, nil)
        guard one == two, isInside,
          let shared = Set(run.positions[index]).intersection(run.positions[other]).min()
        else { continue }
        throw AlignmentError.invalidSetting(
          name: "sources \(other + 1) and \(index + 1)", expected: "places of their own",
          found: "position \(shared) of \(place.site) for both")
      }
    }
    return TextIntervention(
      base: run.text, sources: places.map { encode($0.source) }, positions: run.positions,
      logits: run.logits, model: self)
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
