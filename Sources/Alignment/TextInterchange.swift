import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// One interchange between two texts.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let swap = try model.interchange(
///   at: .blockOutput(10, .index(4)), base: "We know that the key near the cabinets",
///   source: "We know that the keys near the cabinets")
/// print(swap.top(1)[0].token)  // " are"
/// ```
public struct TextInterchange {
  /// The base text with its tokens.
  public let base: EncodedText
  /// The source text with its tokens.
  public let source: EncodedText
  /// The patched positions of the base.
  public let positions: [Int]
  /// The logits of the patched base's output position: [1, outputs].
  public let logits: Tensor
  let model: LanguageModel

  /// The most likely outputs of the patched base, the likeliest first.
  public func top(_ count: Int) -> [Prediction] { model.top(count, of: logits) }
}

extension LanguageModel {
  /// Runs a base text with the hidden vectors at a site taken from a source text.
  ///
  /// - Parameters:
  ///   - sourcePositions: the positions that are read in the source; those of the site by default
  ///   - intervention: the change of base vectors by source vectors; a full swap by default
  /// - Throws: `AlignmentError` for a position that a text lacks or that has no counterpart,
  ///   `ModelError` for a site that the model lacks.
  public func interchange(
    at site: Site, base: String, source: String, sourcePositions: Positions? = nil,
    intervention: any Intervention = FullInterchange()
  ) throws -> TextInterchange {
    var read = site
    read.positions = sourcePositions ?? site.positions
    let run = try run(
      base,
      edits: [TextEdit(at: site, by: intervention, from: [.text(source, at: read)])])
    return TextInterchange(
      base: run.text, source: encode(source), positions: run.positions[0], logits: run.logits,
      model: self)
  }
}
