import InterchangeModels
import InterchangeTensors

/// A way of reading a layer's hidden vectors as outputs.
public protocol LayerReading: Sendable {
  /// The name in tables and figures, such as `logit lens`.
  var name: String { get }
  /// The components whose vectors it reads.
  var components: [Component] { get }
  /// The map from rows of a layer, or of the embeddings where that is nil, to logits: [n, width] to
  /// [n, outputs].
  ///
  /// - Throws: for a model that it can't read.
  func reader(in model: LanguageModel) throws -> (_ rows: Tensor, _ layer: Int?) throws -> Tensor
}

/// The last norm and the unembedding applied to a layer's vectors (nostalgebraist 2020,
/// "interpreting GPT: the logit lens").
///
/// Of the residual stream after the last block these are the model's own outputs. Of what attention
/// or an MLP adds they are read with the norm's scale of that addition alone; how much it adds to
/// the outputs is direct attribution's question.
public struct LogitLens: LayerReading {
  public let name = "logit lens"
  /// The residual stream, and what is added to it.
  public let components: [Component] = [
    .blockInput, .residualMiddle, .blockOutput, .attentionOutput, .mlpOutput,
  ]

  /// The logit lens.
  public init() {}

  public func reader(
    in model: LanguageModel
  ) throws -> (_ rows: Tensor, _ layer: Int?) throws -> Tensor {
    { rows, _ in model.architecture.logits(rows, outputs: nil) }
  }
}
