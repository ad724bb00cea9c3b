/// A kind of hidden representation that can be read and edited, by its name in the field.
///
/// The definitions are pyvene's where nothing else is said; widths are those of a decoder of width
/// d with H heads of width w, K key heads and an MLP of width m.
public enum Component: String, Sendable, CaseIterable, Codable {
  /// The residual stream before a block: [d].
  case blockInput = "block_input"
  /// The residual stream after a block: [d].
  case blockOutput = "block_output"
  /// The attention's input, after its norm: [d].
  case attentionInput = "attention_input"
  /// The output of the attention's last projection, where a norm or a factor stands between it and
  /// the residual stream: [d].
  case attentionProjection = "attention_projection"
  /// The attention's addition to the residual stream: [d].
  case attentionOutput = "attention_output"
  /// The heads' mixed values, before the output projection: [H·w].
  case attentionValueOutput = "attention_value_output"
  /// The queries, before any position encoding: [H·w].
  case queryOutput = "query_output"
  /// The keys, before any position encoding: [K·w].
  case keyOutput = "key_output"
  /// The keys after their position encoding, as the attention reads them: [K·w].
  case positionedKeyOutput = "positioned_key_output"
  /// The values: [K·w].
  case valueOutput = "value_output"
  /// The rows of the encoder that a decoder's cross-attention reads, after the encoder's last norm,
  /// at positions of the source: [d]. Each layer of the decoder has them for itself.
  case encoderOutput = "encoder_output"
  /// The cross-attention's input, after its norm: [d].
  case crossAttentionInput = "cross_attention_input"
  /// The queries of the cross-attention: [H·w].
  case crossQueryOutput = "cross_query_output"
  /// The keys of the cross-attention, at positions of the source: [K·w].
  case crossKeyOutput = "cross_key_output"
  /// The values of the cross-attention, at positions of the source: [K·w].
  case crossValueOutput = "cross_value_output"
  /// The cross-attention's mixed values, before its output projection: [H·w].
  case crossAttentionValueOutput = "cross_attention_value_output"
  /// The cross-attention's addition to the residual stream: [d].
  case crossAttentionOutput = "cross_attention_output"
  /// The residual stream between a cross-attention and the MLP, TransformerLens's
  /// `resid_mid_cross`: [d]. Where a norm follows the addition it is what that gives.
  case residualMiddleCross = "resid_mid_cross"
  /// The residual stream after the attention, TransformerLens's `resid_mid`: [d]. Where a norm
  /// follows the addition it is what that gives.
  case residualMiddle = "resid_mid"
  /// The MLP's input, after its norm: [d].
  case mlpInput = "mlp_input"
  /// A gated MLP's gate, before the non-linearity: [m].
  case gateOutput = "gate_output"
  /// The MLP's first projection; in a gated MLP the one without a non-linearity: [m].
  case upOutput = "up_output"
  /// The output of the MLP's non-linearity; in a gated MLP that of the gate alone: [m].
  case mlpActivation = "mlp_activation"
  /// The input of the MLP's last projection; in a gated MLP the gate times the up projection: [m].
  case mlpHidden = "mlp_hidden"
  /// The router's scores of a mixture of experts, before their softmax: [experts].
  case routerLogits = "router_logits"
  /// The addition of each expert to the MLP's output, 0 for rows not sent to it: [experts · d].
  case expertOutput = "expert_output"
  /// The output of the MLP's last projection, where a norm or a factor stands between it and the
  /// residual stream: [d].
  case mlpProjection = "mlp_projection"
  /// The MLP's addition to the residual stream: [d].
  case mlpOutput = "mlp_output"

  /// Tells whether the vector is made of one part for each head.
  public var hasHeads: Bool {
    switch self {
    case .attentionValueOutput, .queryOutput, .keyOutput, .positionedKeyOutput, .valueOutput,
      .crossQueryOutput, .crossKeyOutput, .crossValueOutput, .crossAttentionValueOutput,
      .expertOutput:
      true
    default: false
    }
  }

  /// Tells whether an edit of another component of the same layer can depend on this one: it is
  /// made before it, inside the block.
  public func canBeRead(by edited: Component) -> Bool {
    guard let place = placeInBlock, let later = edited.placeInBlock,
      isOfSource == edited.isOfSource
    else { return false }
    return place < later
  }

  /// The order in which a block makes its components; nil for what goes from block to block.
  private var placeInBlock: Int? {
    switch self {
    case .blockInput, .blockOutput: nil
    case .attentionInput: 0
    case .queryOutput, .keyOutput, .valueOutput: 1
    case .positionedKeyOutput: 2
    case .attentionValueOutput: 3
    case .attentionProjection: 4
    case .attentionOutput: 5
    case .residualMiddle: 6
    case .encoderOutput, .crossAttentionInput: 7
    case .crossQueryOutput, .crossKeyOutput, .crossValueOutput: 8
    case .crossAttentionValueOutput: 9
    case .crossAttentionOutput: 10
    case .residualMiddleCross: 11
    case .mlpInput: 12
    case .gateOutput, .upOutput, .routerLogits: 13
    case .mlpActivation: 14
    case .mlpHidden, .expertOutput: 15
    case .mlpProjection: 16
    case .mlpOutput: 17
    }
  }

  /// Tells whether its rows are those of the source that a cross-attention reads, one for each
  /// position of the encoder.
  public var isOfSource: Bool {
    switch self {
    case .encoderOutput, .crossKeyOutput, .crossValueOutput: true
    default: false
    }
  }

  /// The row set inside a block: what keys are made of is needed for all rows, the rest only for
  /// rows whose output is needed.
  var isKeySide: Bool {
    switch self {
    case .attentionInput, .keyOutput, .positionedKeyOutput, .valueOutput: true
    default: false
    }
  }
}
