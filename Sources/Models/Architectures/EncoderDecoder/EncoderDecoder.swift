import InterchangeBasics
import InterchangeTensors

/// An encoder-decoder (arXiv 1910.10683, 1910.13461): a stack that reads a source, and one that
/// reads a target and, in each of its blocks, all of the encoder's last rows.
///
/// Its layers are the encoder's, then the decoder's, counted through. Positions at a layer of the
/// encoder are those of the source, and those at a layer of the decoder the target's, but for the
/// components that ``Component/isOfSource`` names.
public struct EncoderDecoder: Architecture {
  /// The stack that reads the source; without a head.
  public internal(set) var encoder: Transformer
  /// The stack that reads the target.
  public internal(set) var decoder: Transformer
  public let shape: ModelShape

  /// Two stacks of one width, whose table of embeddings is the encoder's.
  ///
  /// - Parameter startToken: the token with which every target begins
  init(_ encoder: Transformer, _ decoder: Transformer, startToken: Int) {
    (self.encoder, self.decoder) = (encoder, decoder)
    self.decoder.borrowsEmbeddings = true
    var shape = decoder.shape
    shape.layers = encoder.layers + decoder.layers
    shape.startToken = startToken
    self.shape = shape
  }

  public var stacks: Stacks? { Stacks(encoder: encoder, decoder: decoder) }

  private func isBelow(_ layer: Int) -> Bool { layer < encoder.layers }

  /// A component's width in the decoder or, where that has none, in the encoder.
  public func dimensions(of component: Component) -> ComponentDimensions? {
    decoder.dimensions(of: component) ?? encoder.dimensions(of: component)
  }

  public func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    // What a decoder reads of its encoder's last norm is `encoder_output`.
    isBelow(layer)
      ? component.isOfHead ? nil : encoder.dimensions(of: component, layer: layer)
      : decoder.dimensions(of: component, layer: layer - encoder.layers)
  }

  /// The first rows of the decoder.
  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    try decoder.embed(inputs, positions: positions)
  }

  public func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    isBelow(layer)
      ? encoder.block(layer, residual, context)
      : decoder.block(layer - encoder.layers, residual, context)
  }

  public func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    decoder.logits(residual, outputs: outputs)
  }

  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    decoder.crossEntropy(residual, targets: targets)
  }
}

extension EncoderDecoder: WeightInventory {
  public func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> EncoderDecoder {
    var copy = self
    copy.encoder = try encoder.mapWeights(change)
    copy.decoder.embeddings.table = copy.encoder.embeddings.table
    copy.decoder = try copy.decoder.mapWeights { slot in
      var slot = slot
      // The norm of the embeddings is before the decoder's first block, not the encoder's.
      let isBeforeBlocks = slot.kind == .norm(.blockInput)
      slot.layer = slot.layer.map { $0 + encoder.layers } ?? (isBeforeBlocks ? encoder.layers : nil)
      return try change(slot)
    }
    return copy
  }
}
