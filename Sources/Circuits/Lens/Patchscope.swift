import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// A layer's vectors read by the model itself: each is put in the place of a token of another
/// prompt, whose next token is read (Ghandeharioun et al. 2024, arXiv 2401.06102).
///
/// The prompt by default is the token identity's: pairs of the same word, and then the place that
/// the vector takes. The vector is written after the layer that it comes from, unless a layer is
/// given; the embeddings' is written before the first.
public struct Patchscope: LayerReading {
  /// The prompt of the token identity.
  public static let identityPrompt = "cat -> cat\n1135 -> 1135\nhello -> hello\n?"

  /// The prompt.
  public var prompt: String
  /// The position of the prompt whose vector is replaced.
  public var position: Positions
  /// The layer after which vectors are written; nil for the one that each comes from.
  public var layer: Int?

  /// A reading by a prompt.
  ///
  /// - Parameters:
  ///   - position: one position of the prompt; its last token by default
  ///   - layer: the layer after which vectors are written; the one that each comes from by default
  public init(
    prompt: String = Patchscope.identityPrompt, at position: Positions = .last, layer: Int? = nil
  ) {
    (self.prompt, self.position, self.layer) = (prompt, position, layer)
  }

  public var name: String { "patchscope" + (layer.map { " into layer \($0)" } ?? "") }
  /// The residual stream after each block.
  public let components: [Component] = [.blockOutput]

  /// - Throws: `CircuitError` for several positions, `ModelError` for a position or a layer that
  ///   there is not.
  public func reader(
    in model: LanguageModel
  ) throws -> (_ rows: Tensor, _ layer: Int?) throws -> Tensor {
    let encoded = model.encode(prompt)
    let places = try position.resolved(length: encoded.length)
    guard places.count == 1 else {
      throw CircuitError.invalidSetting(
        name: "position", expected: "one position of the patchscope's prompt",
        found: position.description)
    }
    if let layer { try model.network.validate(.blockOutput, layer: layer) }
    let store = ActivationStore()
    return { rows, source in
      let written = layer ?? source
      let cells = Cells(
        written == nil ? .blockInput : .blockOutput, layer: written ?? 0,
        positions: Array(repeating: places, count: rows.rows))
      let request = model.measuring(
        Array(repeating: encoded.input, count: rows.rows), edits: [Edit(cells) { _ in rows }])
      return try model.network.run(request, store: store).logits!
    }
  }
}
