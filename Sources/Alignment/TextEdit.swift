import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A change of a text's run at a site, with source vectors from other runs.
///
/// A source's run may itself be changed, which nests interventions, and it may be read at another
/// layer or component than the one that is written.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// // The key's vector of a run in which block 3 was left out.
/// let nested = TextEdit(
///   at: .blockOutput(10, .index(4)), by: FullInterchange(),
///   from: [
///     .text("We know that the keys near the cabinets", edits: [.skip(3, .index(4))])
///   ])
/// let run = try model.run("We know that the key near the cabinets", edits: [nested])
/// print(run.top(1)[0].token)
/// ```
public struct TextEdit {
  /// Where the text's vectors are changed.
  public var site: Site
  /// The change.
  public var intervention: any Intervention
  /// A place for each source vector of the intervention.
  public var sources: [TextSource]

  /// A change by an intervention.
  ///
  /// - Parameters:
  ///   - site: where the text's vectors are changed
  ///   - intervention: the change
  ///   - sources: as many as the intervention takes
  public init(
    at site: Site, by intervention: any Intervention, from sources: [TextSource] = []
  ) {
    (self.site, self.intervention, self.sources) = (site, intervention, sources)
  }

  /// The vectors of another text in the place of the text's own.
  public static func interchange(at site: Site, from source: TextSource) -> TextEdit {
    TextEdit(at: site, by: FullInterchange(), from: [source])
  }

  /// Zeros in the place of the text's own vectors.
  public static func zero(at site: Site) -> TextEdit { TextEdit(at: site, by: ZeroAblation()) }

  /// A block left out: its input is its output.
  public static func skip(_ layer: Int, _ positions: Positions = .all) -> TextEdit {
    .interchange(
      at: .blockOutput(layer, positions), from: .itself(at: .blockInput(layer, positions)))
  }
}

/// A place from which a source vector is read.
public struct TextSource {
  /// The text; nil for the changed text itself, as the edits before this one make it.
  let text: String?
  /// Where its vectors are read; nil for the site that is written.
  let site: Site?
  /// The changes of the run that is read.
  let edits: [TextEdit]
  /// Given rows instead of a text's.
  let rows: Tensor?

  private init(
    text: String? = nil, site: Site? = nil, edits: [TextEdit] = [], rows: Tensor? = nil
  ) {
    (self.text, self.site, self.edits, self.rows) = (text, site, edits, rows)
  }

  /// Another text.
  ///
  /// - Parameters:
  ///   - site: where its vectors are read; the site that is written by default
  ///   - edits: the changes of its run
  public static func text(
    _ text: String, at site: Site? = nil, edits: [TextEdit] = []
  ) -> TextSource {
    TextSource(text: text, site: site, edits: edits)
  }

  /// The text that is changed, as the edits before this one make it.
  ///
  /// - Parameter site: where its vectors are read
  public static func itself(at site: Site) -> TextSource { TextSource(site: site) }

  /// Given vectors.
  ///
  /// - Parameter rows: one for each position that is written, or a single one for all: [n, width]
  public static func rows(_ rows: Tensor) -> TextSource { TextSource(rows: rows) }
}

/// A text's run with its edits.
public struct TextRun {
  /// The text with its tokens.
  public let text: EncodedText
  /// The positions that each edit changes.
  public let positions: [[Int]]
  /// The logits of the output position: [1, outputs].
  public let logits: Tensor
  let model: LanguageModel

  /// The most likely outputs, the likeliest first.
  public func top(_ count: Int) -> [Prediction] { model.top(count, of: logits) }
}
